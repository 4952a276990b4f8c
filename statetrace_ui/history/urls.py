"""Addresses of this part, by their first word."""

from django.urls import URLPattern

app_name = "history"
urlpatterns: list[URLPattern] = []
