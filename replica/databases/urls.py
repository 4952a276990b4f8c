"""Addresses of an organisation's replica database."""

from django.urls import path

from replica.databases import schema_views, views

app_name = "databases"
urlpatterns = [
    path("", views.connection, name="connection"),
    path("grafana/<str:name>", views.grafana_file, name="grafana"),
    path("schema/", schema_views.schema, name="schema"),
    path("schema/upgrade/", schema_views.upgrade_schema, name="upgrade"),
    path("schema/legacy/", schema_views.switch_legacy, name="legacy"),
    path("reveal/", views.reveal_first, name="reveal"),
    path("rotate/", views.rotate_credentials, name="rotate"),
    path("revoke/", views.revoke_former, name="revoke"),
    path("reset/", views.reset_credentials, name="reset"),
]
