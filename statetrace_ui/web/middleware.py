"""Adds the viewer's time zone and organisation to each request, and turns errors into pages."""

import logging
import zoneinfo
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership

logger = logging.getLogger(__name__)
DATABASE_FAILED = UserError(
    "A database failed, or took too long to answer.",
    "Try again in a minute. If it fails again, choose a shorter period or fewer filters.",
    status=503,
)
GetResponse = Callable[[HttpRequest], HttpResponse]


def viewer_organisation(get_response: GetResponse) -> GetResponse:
    """Bind the viewer's organisation: the one chosen in this browser, else the one chosen last, else the first."""

    def middleware(request: Any) -> HttpResponse:
        request.membership = request.organisation = None
        if request.user.is_authenticated:
            request.membership = _membership(request)
            request.organisation = request.membership and request.membership.organisation
        response = get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if not response.has_header("Cache-Control"):
            # Only the member's own browser may keep the page, and it must ask for a new one each time.
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return middleware


def _membership(request: Any) -> Any:
    """The viewer's membership, with `remembered` and `time_zone` of their profile."""
    of_profile = {"remembered": F("user__profile__organisation"), "time_zone": F("user__profile__time_zone")}
    memberships = Membership.objects.filter(user=request.user).select_related("organisation").annotate(**of_profile)
    chosen = request.session.get("organisation")

    def rank(one: Any) -> tuple[bool, bool, int]:
        return one.organisation_id != chosen, one.organisation_id != one.remembered, one.pk

    return min(memberships, key=rank, default=None)


def viewer_timezone(get_response: GetResponse) -> GetResponse:
    """Show times in the zone of the viewer's profile, else in the browser's (static/js/time.js has it in a cookie)."""

    def middleware(request: Any) -> HttpResponse:
        chosen = getattr(request.membership, "time_zone", None) or request.COOKIES.get("timezone", "UTC")
        try:
            zone = zoneinfo.ZoneInfo(chosen)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            zone = zoneinfo.ZoneInfo("UTC")
        with timezone.override(zone):
            return get_response(request)

    return middleware


class readable_errors:  # noqa: N801 - reads as the others do in settings.py
    """Turn a UserError into its page, or into a fragment if the request is htmx's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError):
            logger.error("A database failed while answering %s", request.path, exc_info=error)
            error = DATABASE_FAILED
        if not isinstance(error, UserError):
            return None
        template = "web/error.html#message" if getattr(request, "htmx", False) else "web/error.html"
        return render(request, template, {"error": error}, status=error.status)
