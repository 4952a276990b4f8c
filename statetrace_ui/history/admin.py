"""Sources on the admin site: their names and their status. They are added under Sources, or by `add_source`."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.history.models import Source
from statetrace_ui.web.admin import OwnedAdmin


@admin.register(Source)
class SourceAdmin(OwnedAdmin):
    list_display = ["name", "organisation", "status", "seen_at", "lag_bytes"]
    list_filter = ["status", ("organisation", admin.RelatedOnlyFieldListFilter)]
    # The URL carries a password: it is neither shown nor edited here.
    fields = [
        "organisation",
        "name",
        "records_looks",
        "status",
        "error",
        "error_detail",
        "slot_name",
        "publication_name",
        "added_at",
        "seen_at",
    ]
    readonly_fields = ["status", "error", "error_detail", "slot_name", "publication_name", "added_at", "seen_at"]

    def view_on_site(self, obj: Source) -> str:
        """Where it is paused, given another address, and removed."""
        return reverse("capture:manage", args=[obj.pk])

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changed = ", ".join(form.changed_data)
        if changed:
            record(Event.SOURCE_CHANGED, f"{obj.name}: {changed}", organisation=obj.organisation)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _source: Source | None = None) -> bool:
        """Removing a source must also drop its slot and publication, which its page and `remove_source` do."""
        return False
