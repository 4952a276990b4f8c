"""Addresses of deletions."""

from django.urls import path

from replica.deletion import views

app_name = "deletion"
urlpatterns = [
    path("", views.deletions, name="list"),
    path("session/<id:session_id>/", views.session, name="session"),
    path("flow/<int:pk>/", views.flow, name="flow"),
    path("replica/", views.replica, name="replica"),
]
