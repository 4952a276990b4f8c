"""Sources on the admin site: what they are called and where they stand. They are added by `manage.py add_source`."""

from django.contrib import admin
from django.http import HttpRequest

from statetrace_ui.history.models import Source
from statetrace_ui.web.admin import OwnedAdmin


@admin.register(Source)
class SourceAdmin(OwnedAdmin):
    list_display = ["name", "organisation", "status", "seen_at", "lag_bytes"]
    list_filter = ["status", ("organisation", admin.RelatedOnlyFieldListFilter)]
    # The URL carries a password: it is neither shown nor edited here.
    fields = ["organisation", "name", "status", "error", "slot_name", "publication_name", "added_at", "seen_at"]
    readonly_fields = ["status", "error", "slot_name", "publication_name", "added_at", "seen_at"]

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _source: Source | None = None) -> bool:
        """Removing a source must drop its slot and publication, too, which is not the admin site's to do."""
        return False
