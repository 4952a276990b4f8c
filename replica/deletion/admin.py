"""Organisations on the admin site, removed with a choice of what becomes of their replica's database."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from replica.databases.models import Replica
from replica.deletion import preview, service
from replica.exports.models import UserFlowExport
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.admin import OrganisationAdmin
from statetrace_ui.web.models import Organisation

admin.site.unregister(Organisation)


@admin.register(Organisation)
class RemovableOrganisationAdmin(OrganisationAdmin):
    """Removal is by one at a time, since each has a choice of its own."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        organisation = self.get_object(request, object_id)
        if not self.has_delete_permission(request, organisation):
            raise PermissionDenied
        replica = Replica.objects.filter(organisation=organisation).first() if organisation else None
        if replica is None:
            return super().delete_view(request, object_id, extra_context)
        if request.method == "POST" and not self._decided(request, replica):
            return redirect("admin:web_organisation_delete", object_id)
        seen = preview.of_replica(replica) if request.method == "GET" else None
        flows = UserFlowExport.objects.filter(organisation=organisation).count()
        return super().delete_view(
            request, object_id, {**(extra_context or {}), "replica": replica, "preview": seen, "flows": flows}
        )

    def _decided(self, request: HttpRequest, replica: Replica) -> bool:
        """Do with the replica's database what was chosen. False, with a message, if nothing may be removed yet."""
        choice = request.POST.get("replica")
        if choice == "keep":
            record(Event.REPLICA_CHANGED, f"{replica.database}: left behind by the organisation's removal")
            return True
        if choice != "drop":
            self.message_user(request, "Nothing was removed: choose what becomes of its database.", messages.ERROR)
            return False
        deletion = service.request_replica(replica, request.user.get_username())
        service.perform(deletion)
        if not deletion.finished_at:
            self.message_user(request, f"The organisation was not removed yet: {deletion.error}", messages.ERROR)
        return deletion.finished_at is not None
