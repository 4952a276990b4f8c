"""Sources on the admin site: their names and their status. `manage.py add_source` adds them."""

from django.contrib import admin
from django.http import HttpRequest

from statetrace_ui.history.models import Source
from statetrace_ui.web.admin import OwnedAdmin


@admin.register(Source)
class SourceAdmin(OwnedAdmin):
    list_display = ["name", "organisation", "status", "seen_at", "lag_bytes"]
    list_filter = ["status", ("organisation", admin.RelatedOnlyFieldListFilter)]
    # The URL carries a password: it is neither shown nor edited here.
    readonly_fields = ["status", "error", "error_detail", "slot_name", "publication_name", "added_at", "seen_at"]
    fields = ["organisation", "name", *readonly_fields]

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _source: Source | None = None) -> bool:
        """Removing a source must also drop its slot and publication, which `manage.py remove_source` does."""
        return False
