"""Addresses of the audited side, grouped by their first word."""

from django.urls import path

from statetrace_ui.history import (
    activity_views,
    actor_views,
    alert_views,
    display_views,
    download_views,
    question_views,
    record_views,
    reference_views,
    removal_views,
    transaction_views,
    undo_views,
    views,
)

app_name = "history"
urlpatterns = [
    # sessions
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/active/", views.active_sessions, name="active_sessions"),
    path("sessions/<int:pk>/", views.session, name="session"),
    path("sessions/<int:pk>/avatar/", views.avatar, name="avatar"),
    # actions
    path("actions/<int:pk>/changes/", views.action_changes, name="action_changes"),
    # changes
    path("changes/", views.changes, name="changes"),
    path("changes/<int:pk>/", views.change, name="change"),
    path("changes/<int:pk>/value/", views.value, name="value"),
    # questions
    path("questions/suggestions/", question_views.suggestions, name="suggestions"),
    path("questions/save/", question_views.save_question, name="save_question"),
    path("questions/<int:pk>/rename/", question_views.rename_question, name="rename_question"),
    path("questions/<int:pk>/share/", question_views.share_question, name="share_question"),
    path("questions/<int:pk>/delete/", question_views.delete_question, name="delete_question"),
    # alerts
    path("alerts/", alert_views.alerts, name="alerts"),
    path("alerts/add/", alert_views.add_alert, name="add_alert"),
    path("alerts/<int:pk>/", alert_views.alert, name="alert"),
    path("alerts/<int:pk>/edit/", alert_views.edit_alert, name="edit_alert"),
    path("alerts/<int:pk>/remove/", alert_views.remove_alert, name="remove_alert"),
    # records
    path("records/<int:source>/", record_views.record, name="record"),
    path("records/<int:source>/text/", record_views.record_text, name="record_text"),
    path("records/<int:source>/references/", reference_views.references, name="record_references"),
    # actors
    path("sources/<int:source>/actor/", actor_views.actor, name="actor"),
    # transactions
    path("transactions/<int:pk>/", transaction_views.transaction, name="transaction"),
    # sources
    path("sources/", views.sources, name="sources"),
    path("sources/<int:pk>/", views.source, name="source"),
    path("sources/<int:pk>/rows/", record_views.table_rows, name="table_rows"),
    path("sources/<int:pk>/activity/", activity_views.table_activity, name="table_activity"),
    path("sources/<int:pk>/shapes/", views.table_shapes, name="table-shapes"),
    path("sources/<int:pk>/display/", display_views.set_display, name="set_display"),
    path("sources/<int:pk>/actions/", views.source_actions, name="source_actions"),
    path("sources/<int:pk>/annotations/", views.source_unread, name="source_unread"),
    path("sources/<int:pk>/migrations/", views.source_migrations, name="source_migrations"),
    # downloads
    path("sessions/download/", download_views.sessions, name="download_sessions"),
    path("sessions/<int:pk>/download/", download_views.session, name="download_session"),
    path("changes/download/", download_views.changes, name="download_changes"),
    path("transactions/<int:pk>/download/", download_views.transaction, name="download_transaction"),
    path("records/<int:source>/download/", download_views.record, name="download_record"),
    path("sources/<int:pk>/rows/download/", download_views.table_rows, name="download_rows"),
    # undo previews
    path("changes/<int:pk>/undo/", undo_views.change, name="undo_change"),
    path("changes/<int:pk>/undo.sql", undo_views.change_sql, name="undo_change_sql"),
    path("transactions/<int:pk>/undo/", undo_views.transaction, name="undo_transaction"),
    path("transactions/<int:pk>/undo.sql", undo_views.transaction_sql, name="undo_transaction_sql"),
    path("sessions/<int:pk>/undo/", undo_views.session, name="undo_session"),
    path("sessions/<int:pk>/undo.sql", undo_views.session_sql, name="undo_session_sql"),
    # retention and erasure
    path("sources/<int:pk>/retention/", removal_views.retention, name="retention"),
    path("sources/<int:pk>/retention/set/", removal_views.set_retention, name="set_retention"),
    path("sources/<int:pk>/retention/apply/", removal_views.apply_retention, name="apply_retention"),
    path("sources/<int:pk>/erasures/", removal_views.erasures, name="erasures"),
    path("sources/<int:pk>/erasures/person/", removal_views.erase_person, name="erase_person"),
    path("sources/<int:pk>/erasures/record/", removal_views.erase_record, name="erase_record"),
    path("erasures/<int:pk>/", removal_views.erasure, name="erasure"),
    path("erasures/<int:pk>/confirm/", removal_views.confirm_erasure, name="confirm_erasure"),
    path("erasures/<int:pk>/cancel/", removal_views.cancel_erasure, name="cancel_erasure"),
]
