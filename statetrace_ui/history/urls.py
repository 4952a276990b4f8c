"""Addresses of the audited side, grouped by their first word."""

from django.urls import path

from statetrace_ui.history import views

app_name = "history"
urlpatterns = [
    # sessions
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/<int:pk>/", views.session, name="session"),
    path("sessions/<int:pk>/avatar/", views.avatar, name="avatar"),
    # actions
    path("actions/<int:pk>/changes/", views.action_changes, name="action_changes"),
    # changes
    path("changes/", views.changes, name="changes"),
    path("changes/<int:pk>/", views.change, name="change"),
    path("changes/<int:pk>/value/", views.value, name="value"),
    # records
    path("records/<int:source>/", views.record, name="record"),
    # sources
    path("sources/", views.sources, name="sources"),
    path("sources/<int:pk>/", views.source, name="source"),
    path("sources/<int:pk>/shapes/", views.table_shapes, name="table-shapes"),
    path("sources/<int:pk>/actions/", views.source_actions, name="source_actions"),
    path("sources/<int:pk>/annotations/", views.source_unread, name="source_unread"),
    path("sources/<int:pk>/migrations/", views.source_migrations, name="source_migrations"),
]
