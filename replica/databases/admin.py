"""Replicas on the admin site: their addresses, their limits, and credentials to reset."""

from datetime import timedelta
from typing import Any

import psycopg
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from replica.databases import credentials, holders
from replica.databases.credentials import Access
from replica.databases.forms import ConfirmForm, ReplicaForm, RotationForm
from replica.databases.models import Replica
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.admin import OwnedAdmin
from statetrace_ui.web.errors import UserError


@admin.register(Replica)
class ReplicaAdmin(OwnedAdmin):
    form = ReplicaForm
    list_display = ["database", "organisation", "login_role", "connection_limit", "provisioned_at"]
    list_select_related = ["organisation"]
    actions = ["rotate_selected"]
    readonly_fields = ["filled_by", "provisioned_at", "credentials_reset_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # deleting the row would leave the database and its roles behind

    def get_fields(self, request: HttpRequest, obj: Replica | None = None) -> Any:
        names = ["organisation", "database", "login_role"]
        if obj and obj.owner_url:
            return [*names, "connection_limit", *self.readonly_fields]
        return [*names, "new_reader_url", *(["filled_by"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Replica | None = None) -> list[str]:
        names = ["organisation", "database", "login_role"] if obj else []
        return [*names, *self.readonly_fields]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.credentials)
        return [path("<int:pk>/credentials/", view, name="databases_replica_credentials"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Replica, form: Any, change: bool) -> None:
        if form.cleaned_data.get("new_reader_url") and not obj.owner_url:
            obj.reader_url = form.cleaned_data["new_reader_url"]
        super().save_model(request, obj, form, change)
        changed = ", ".join(name.removeprefix("new_") for name in form.changed_data)
        record(Event.REPLICA_CHANGED, f"{obj.database}: {changed}", organisation=obj.organisation)
        if "connection_limit" in form.changed_data and obj.owner_url:
            self._limit(request, obj)

    @method_decorator(never_cache)
    def credentials(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what to do. The answer to the POST shows the password: no other page can, it is stored nowhere."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        replica = get_object_or_404(self.get_queryset(request).exclude(owner_url=""), pk=pk)
        access = self._new_access(request, replica) if request.method == "POST" else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Credentials",
            "replica": replica,
            "access": access,
            "rotation": RotationForm(),
            "holders": None if access else holders.holders_if_known(replica),
        }
        return render(request, "admin/databases/replica/credentials.html", context)

    def _new_access(self, request: HttpRequest, replica: Replica) -> Access | None:
        """By a rotation if hours of overlap are sent, else by a reset. None, with a message, if it was refused."""
        confirmed, rotation = ConfirmForm(request.POST), RotationForm(request.POST)
        try:
            if not (confirmed.is_valid() and confirmed.cleaned_data["confirmed"]):
                raise UserError("The password was not changed: nobody confirmed it.", "Tick who is cut off.")
            if "hours" not in request.POST:
                return credentials.reset(replica)
            if not rotation.is_valid():
                raise UserError("The password was not changed: this overlap is not offered.", "Choose one of the list.")
            until = timezone.now() + timedelta(hours=rotation.cleaned_data["hours"])
            return credentials.rotate(replica, until)
        except UserError as error:
            self.message_user(request, error.sentence, messages.ERROR)
            return None

    @admin.action(description="Rotate or reset the credentials", permissions=["change"])
    def rotate_selected(self, request: HttpRequest, queryset: models.QuerySet[Replica]) -> HttpResponse | None:
        """Lead to the page that asks and shows: one password can be shown at a time."""
        filled = list(queryset.exclude(owner_url="")[:2])
        if len(filled) == 1:
            return redirect("admin:databases_replica_credentials", filled[0].pk)
        sentence = "Select one replica that this dashboard fills: each new password is shown once."
        self.message_user(request, sentence, messages.WARNING)
        return None

    @admin.display
    def filled_by(self, replica: Replica) -> str:
        return "this dashboard" if replica.owner_url else "somebody else"

    def _limit(self, request: HttpRequest, replica: Replica) -> None:
        try:
            holders.limit_connections(replica)
        except psycopg.Error:
            self.message_user(
                request,
                "The replica's server does not answer: the old limit still applies there. Save again later.",
                messages.ERROR,
            )
