"""Addresses of members and invitations."""

from django.urls import path

from statetrace_ui.people import invitation_views, views

app_name = "people"
urlpatterns = [
    path("people/", views.member_list, name="list"),
    path("people/<int:pk>/role/", views.set_role, name="role"),
    path("people/<int:pk>/remove/", views.remove, name="remove"),
    path("people/<int:pk>/recovery/", views.recover, name="recovery"),
    path("people/<int:pk>/second-factor/", views.remove_second_factor, name="lost-second-factor"),
    path("people/second-factor/", views.require_second_factor, name="second-factor"),
    path("people/leave/", views.leave, name="leave"),
    path("people/invitations/", views.invite, name="invite"),
    path("people/invitations/<int:pk>/revoke/", views.revoke, name="revoke"),
    path("invitation/<str:token>/", invitation_views.invitation, name="invitation"),
    path("invitation/<str:token>/join/", invitation_views.join, name="join"),
]
