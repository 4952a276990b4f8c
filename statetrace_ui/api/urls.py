"""Addresses of the API, and of the page of tokens."""

from django.urls import path
from django.views.generic import RedirectView

from statetrace_ui.api import pages, v0

urlpatterns = [
    path("account/tokens/", pages.token_list, name="tokens"),
    path("account/tokens/make/", pages.make_token, name="make-token"),
    path("account/tokens/<int:pk>/revoke/", pages.revoke_token, name="revoke-token"),
    # A page, with its reader's cookies: outside of the API itself.
    path("api/", v0.docs, name="api-docs"),
    path("v0/openapi.json", v0.openapi, name="openapi"),
    path("v0/", RedirectView.as_view(pattern_name="api-docs"), name="api-root"),
    path("v0/", v0.api.urls),
]
