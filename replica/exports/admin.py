"""Exports on the admin site: their states, their runs, and syncs to start. Managers see their organisations' alone."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST
from procrastinate.contrib.django.models import ProcrastinateJob

from replica.exports import state, verification
from replica.exports.jobs import cancel, request_sync
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.outcomes import UNFINISHED, RunOutcome
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.admin import OwnedAdmin, organisations_of
from statetrace_ui.web.quantities import duration, thousands
from statetrace_ui.web.templatetags.statetrace import moment, status

RUNS_SHOWN = 20
# Its jobs are those of all organisations, to look at and to cancel.
admin.site.unregister(ProcrastinateJob)


class SyncRunInline(admin.TabularInline[SyncRun, UserFlowExport]):
    """The newest runs, to read only."""

    model = SyncRun
    verbose_name_plural = f"newest runs (up to {RUNS_SHOWN})"
    extra = 0
    can_delete = False
    fields = readonly_fields = ("requested", "outcome", "sessions", "took", "rows_committed", "error")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[SyncRun]:
        export = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        newest = SyncRun.objects.filter(export_id=export).order_by("-id")[:RUNS_SHOWN]
        return super().get_queryset(request).filter(pk__in=[run.pk for run in newest]).order_by("-id")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display
    def requested(self, run: SyncRun) -> str:
        return moment(run.requested_at)

    @admin.display
    def sessions(self, run: SyncRun) -> str:
        return f"{thousands(run.sessions_done)} of {thousands(run.sessions_total)}"

    @admin.display
    def took(self, run: SyncRun) -> str:
        return duration(run.duration)

    @admin.display
    def rows_committed(self, run: SyncRun) -> str:
        return "; ".join(f"{table}: {thousands(count)}" for table, count in run.tables) or "none"


class StatusFilter(admin.SimpleListFilter):
    """By the status that is shown: the stored one may be that of a sync which was killed."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in UserFlowExport.Status.choices]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(pk__in=[one.export.pk for one in _states(queryset) if one.status == self.value()])


@admin.register(UserFlowExport)
class UserFlowExportAdmin(OwnedAdmin):
    list_display = ["name", "target", "organisation", "status_now", "last_sync", "autosync_now", "checked"]
    list_filter = [
        StatusFilter,
        "autosync",
        ("paused_at", admin.EmptyFieldListFilter),
        ("target", admin.RelatedOnlyFieldListFilter),
        ("organisation", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["name", "user_flow_id"]
    ordering = ["organisation__name", "name"]
    list_select_related = ["organisation", "target", "mirror"]
    actions = ["sync_selected", "pause_selected", "resume_selected", "cancel_selected", "verify_selected"]
    fields = ["name", "organisation", "description", "user_flow_id", "target", "mirror", "autosync", "checked"]
    readonly_fields = ["name", "organisation", "description", "user_flow_id", "target", "mirror", "checked"]
    inlines = [SyncRunInline]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """All copies of the flows of the organisations that are theirs."""
        exports = UserFlowExport.every.filter(organisation__in=organisations_of(request))
        return exports.order_by(*self.ordering)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # an import makes it

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its sessions would stay, in the store and in the replica

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/sync/", wrap(require_POST(self.sync)), name="exports_userflowexport_sync"),
            path("<int:pk>/status/", wrap(require_GET(self.live_status)), name="exports_userflowexport_status"),
            *super().get_urls(),
        ]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list with the true state of its rows, asking each organisation's databases once."""
        changelist = super().get_changelist_instance(request)
        for shown in _states(changelist.result_list):
            shown.export.shown = shown  # type: ignore[attr-defined]
        return changelist

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        export = self.get_object(request, object_id)
        extra = _status_context(export) if export else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def save_model(self, request: HttpRequest, obj: UserFlowExport, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "autosync" in form.changed_data:
            how = "as the default" if obj.autosync is None else "on" if obj.autosync else "off"
            record(Event.AUTOSYNC_CHANGED, f"{obj}: {how}", organisation=obj.organisation)
            state.begin_waiting([obj])

    def sync(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        _request_sync(get_object_or_404(self.get_queryset(request), pk=pk))
        return redirect("admin:exports_userflowexport_change", pk)

    def live_status(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = _status_context(get_object_or_404(self.get_queryset(request), pk=pk))
        return render(request, "admin/exports/userflowexport/status.html", context)

    @admin.action(description="Sync the selected user flows now", permissions=["change"])
    def sync_selected(self, request: HttpRequest, queryset: models.QuerySet[UserFlowExport]) -> None:
        runs = [_request_sync(export) for export in queryset]
        plural = "" if len(runs) == 1 else "s"
        self.message_user(request, f"{len(runs)} sync{plural} requested. A worker performs them in turn.")

    @admin.action(description="Pause AutoSync", permissions=["change"])
    def pause_selected(self, request: HttpRequest, queryset: models.QuerySet[UserFlowExport]) -> None:
        self._set_paused(request, queryset, paused=True)

    @admin.action(description="Resume AutoSync", permissions=["change"])
    def resume_selected(self, request: HttpRequest, queryset: models.QuerySet[UserFlowExport]) -> None:
        self._set_paused(request, queryset, paused=False)

    def _set_paused(self, request: HttpRequest, exports: models.QuerySet[UserFlowExport], paused: bool) -> None:
        how = "paused" if paused else "resumed"
        for export in exports:
            state.set_paused(export, paused)
            record(Event.EXPORT_PAUSED, f"{export}: {how}", organisation=export.organisation)
        self.message_user(request, f"AutoSync is {how}. Syncs that are under way go on.")

    @admin.action(description="Cancel syncs that wait or run", permissions=["change"])
    def cancel_selected(self, request: HttpRequest, queryset: models.QuerySet[UserFlowExport]) -> None:
        for run in SyncRun.objects.filter(export__in=queryset, outcome__in=UNFINISHED).select_related("export"):
            cancel(run, request.user.get_username())
            record(Event.SYNC_CANCELLED, run.export, organisation=run.export.organisation)
        self.message_user(request, "What was committed stays; nothing is left half-written.")

    @admin.action(description="Compare contents with the source", permissions=["change"])
    def verify_selected(self, request: HttpRequest, queryset: models.QuerySet[UserFlowExport]) -> None:
        for export in queryset:
            verification.request(export)
            record(Event.EXPORT_VERIFIED, export, organisation=export.organisation)
        self.message_user(request, "A worker compares them in turn.")

    @admin.display(description="status")
    def status_now(self, export: UserFlowExport) -> str:
        shown: state.ExportState = export.shown  # type: ignore[attr-defined]
        waiting = f" ({thousands(shown.pending)})" if shown.pending and not shown.running else ""
        return status(shown.status, text=f"{shown.status.label}{waiting}")

    @admin.display(description="AutoSync", boolean=True)
    def autosync_now(self, export: UserFlowExport) -> bool:
        shown: state.ExportState = export.shown  # type: ignore[attr-defined]
        return shown.options.autosync and export.paused_at is None

    @admin.display(description="compared")
    def checked(self, export: UserFlowExport) -> str:
        newest = export.verifications.exclude(outcome__in=UNFINISHED).order_by("-id").first()
        if newest is None:
            return "–"
        return status(RunOutcome.FAILED if newest.error else newest.verdict)

    @admin.display
    def last_sync(self, export: UserFlowExport) -> str:
        shown: state.ExportState = export.shown  # type: ignore[attr-defined]
        return moment(shown.run.finished_at if shown.run else None)


def _states(exports: Iterable[UserFlowExport]) -> list[state.ExportState]:
    """The true states of exports of several organisations, asking the databases of each once."""
    rows = sorted(exports, key=lambda export: export.organisation_id)
    return [
        shown
        for _, of_one in groupby(rows, key=lambda export: export.organisation_id)
        for shown in state.states(of_one)
    ]


def _request_sync(export: UserFlowExport) -> SyncRun:
    record(Event.SYNC_REQUESTED, export, organisation=export.organisation)
    return request_sync(export)


def _status_context(export: UserFlowExport) -> dict[str, Any]:
    overview = state.overview([export])
    return {"state": overview.states[0], "detail": True, **vars(overview)}
