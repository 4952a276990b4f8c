"""Where a posted form leads back to: it may have been forged, so only to pages of this site."""

from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(path: str, otherwise: str) -> str:
    """The path if it is one of this site, else the address of that view."""
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else reverse(otherwise)
