"""Addresses of adding a source, and of what stands below one: column rules, verifications."""

from django.urls import path

from statetrace_ui.capture import views
from statetrace_ui.capture.adding import views as adding
from statetrace_ui.capture.changing import views as changing
from statetrace_ui.capture.verification import views as verification

app_name = "capture"
urlpatterns = [
    # adding a source, step by step
    path("sources/add/", adding.add, name="add"),
    path("sources/add/address/", adding.judge_address, name="judge_address"),
    path("sources/add/<int:pk>/", adding.draft, name="draft"),
    path("sources/add/<int:pk>/check/", adding.check_draft, name="check_draft"),
    path("sources/add/<int:pk>/address/", adding.readdress_draft, name="readdress_draft"),
    path("sources/add/<int:pk>/tables/", adding.draft_tables, name="draft_tables"),
    path("sources/add/<int:pk>/remove/", adding.remove_draft, name="remove_draft"),
    path("sources/<int:pk>/progress/", adding.progress, name="progress"),
    # changing and removing it
    path("sources/<int:pk>/manage/", changing.manage, name="manage"),
    path("sources/<int:pk>/pause/", changing.pause, name="pause"),
    path("sources/<int:pk>/resume/", changing.resume, name="resume"),
    path("sources/<int:pk>/remove/", changing.remove, name="remove"),
    path("sources/tasks/<int:pk>/", changing.source_task, name="source_task"),
    # below a source
    path("sources/<int:pk>/rules/", views.rules, name="rules"),
    path("sources/<int:pk>/rules/table/", views.table_rules, name="table_rules"),
    path("sources/<int:pk>/rules/set/", views.set_rule, name="set_rule"),
    path("sources/<int:pk>/annotations/messages/", views.set_messages, name="set_messages"),
    path("sources/<int:pk>/rules/mask-history/", views.mask_history, name="mask_history"),
    path("sources/<int:pk>/verification/", verification.verification, name="verification"),
    path("sources/<int:pk>/verification/run/", verification.verify, name="verify"),
]
