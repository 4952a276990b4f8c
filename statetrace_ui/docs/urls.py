"""Addresses of the documentation."""

from django.urls import path

from statetrace_ui.docs import views

app_name = "docs"
urlpatterns = [
    path("", views.contents, name="contents"),
    path("<slug:name>/", views.page, name="page"),
]
