"""Addresses of an organisation's exports."""

from django.urls import path

from replica.exports import views
from replica.exports.targets import views as targets

app_name = "exports"
urlpatterns = [
    path("", views.export_list, name="list"),
    path("<int:pk>/", views.export_detail, name="export"),
    path("<int:pk>/sync/", views.sync_now, name="sync"),
    path("<int:pk>/autosync/", views.set_autosync, name="autosync"),
    path("<int:pk>/pause/", views.set_paused, name="pause"),
    path("<int:pk>/cancel/", views.cancel_sync, name="cancel"),
    path("<int:pk>/verify/", views.verify, name="verify"),
    path("<int:pk>/options/", views.set_options, name="options"),
    path("<int:pk>/copy/", targets.copy_to, name="copy"),
    path("settings/", targets.settings, name="settings"),
    path("settings/defaults/", targets.set_defaults, name="defaults"),
    path("targets/add/", targets.add_server, name="add_target"),
    path("targets/offer/", targets.offer, name="offer"),
    path("targets/<int:pk>/accept/", targets.accept_target, name="accept_target"),
    path("targets/<int:pk>/remove/", targets.remove_target, name="remove_target"),
    path("mirrors/add/", targets.add_mirror, name="add_mirror"),
    path("mirrors/<int:pk>/", targets.mirror, name="mirror"),
    path("mirrors/<int:pk>/follow/", targets.follow, name="follow"),
    path("mirrors/<int:pk>/remove/", targets.remove_mirror, name="remove_mirror"),
]
