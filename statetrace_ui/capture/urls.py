"""Addresses of column rules and verifications, below the source that has them."""

from django.urls import path

from statetrace_ui.capture import views
from statetrace_ui.capture.verification import views as verification

app_name = "capture"
urlpatterns = [
    path("sources/<int:pk>/rules/", views.rules, name="rules"),
    path("sources/<int:pk>/rules/table/", views.table_rules, name="table_rules"),
    path("sources/<int:pk>/rules/set/", views.set_rule, name="set_rule"),
    path("sources/<int:pk>/annotations/messages/", views.set_messages, name="set_messages"),
    path("sources/<int:pk>/rules/mask-history/", views.mask_history, name="mask_history"),
    path("sources/<int:pk>/verification/", verification.verification, name="verification"),
    path("sources/<int:pk>/verification/run/", verification.verify, name="verify"),
]
