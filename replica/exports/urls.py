"""Addresses of an organisation's exports."""

from django.urls import path

from replica.exports import views

app_name = "exports"
urlpatterns = [
    path("", views.export_list, name="list"),
    path("<int:pk>/", views.export_detail, name="export"),
    path("<int:pk>/sync/", views.sync_now, name="sync"),
    path("<int:pk>/autosync/", views.set_autosync, name="autosync"),
]
