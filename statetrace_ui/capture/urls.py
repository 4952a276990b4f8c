"""Addresses of column rules, below the source that has them."""

from django.urls import path

from statetrace_ui.capture import views

app_name = "capture"
urlpatterns = [
    path("sources/<int:pk>/rules/", views.rules, name="rules"),
    path("sources/<int:pk>/rules/table/", views.table_rules, name="table_rules"),
    path("sources/<int:pk>/rules/set/", views.set_rule, name="set_rule"),
    path("sources/<int:pk>/annotations/messages/", views.set_messages, name="set_messages"),
    path("sources/<int:pk>/rules/mask-history/", views.mask_history, name="mask_history"),
]
