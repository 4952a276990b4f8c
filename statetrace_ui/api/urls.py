"""Addresses of the API, and of the page of tokens."""

from django.urls import path
from django.views.generic import RedirectView

from statetrace_ui.api import v0

urlpatterns = [
    path("v0/openapi.json", v0.openapi, name="openapi"),
    path("v0/", RedirectView.as_view(pattern_name="api-docs")),
    path("v0/docs", v0.docs, name="api-docs"),
    path("v0/", v0.api.urls),
]
