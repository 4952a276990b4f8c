"""The security log on the admin site: each manager reads what concerns their organisations, and nobody changes it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from statetrace_ui.accounts import queries
from statetrace_ui.accounts.forms import LogQuery
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.web.admin import organisations_of
from statetrace_ui.web.forms import parse_query


@admin.register(SecurityEvent)
class SecurityEventAdmin(admin.ModelAdmin[SecurityEvent]):
    """A list by keyset instead of Django's, which counts all rows and reads those of the pages before."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return security_log(request, self)

    def change_view(self, *_: Any, **__: Any) -> HttpResponse:
        raise PermissionDenied  # the list shows all there is of an entry

    history_view = change_view


def security_log(request: HttpRequest, model: SecurityEventAdmin) -> HttpResponse:
    if not model.has_view_permission(request):
        raise PermissionDenied
    organisations = organisations_of(request)
    form = parse_query(LogQuery, request, organisations=organisations)
    mine = None if request.user.is_superuser else organisations
    context = {
        **model.admin_site.each_context(request),
        "title": "Security log",
        "form": form,
        "page": queries.events(mine, **form.cleaned_data),
    }
    return render(request, "admin/accounts/securityevent/change_list.html", context)
