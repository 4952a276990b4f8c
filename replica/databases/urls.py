"""Addresses of an organisation's replica database."""

from django.urls import path

from replica.databases import views

app_name = "databases"
urlpatterns = [
    path("", views.connection, name="connection"),
    path("reset/", views.reset_credentials, name="reset"),
]
