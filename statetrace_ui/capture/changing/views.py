"""The pages on which managers pause a source, give it another address, and remove it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from statetrace_ui.capture import retained
from statetrace_ui.capture.changing import pausing, service
from statetrace_ui.capture.changing.forms import NewAddressForm, RemovalForm
from statetrace_ui.capture.models import Figures, SourceTask
from statetrace_ui.history import queries
from statetrace_ui.history.models import Source, Transaction
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view


@sensitive_post_parameters("password", "address")
@require_http_methods(["GET", "HEAD", "POST"])
@manager_view
def manage(request: Request, pk: int) -> HttpResponse:
    """Pause and resume; another address or password; the way to removal."""
    source = queries.get_source_for(request.organisation, pk)
    form = NewAddressForm(request.POST or None, operator=request.user.is_superuser)
    if form.is_valid():
        data = form.cleaned_data
        task = service.request_address(source, data["entered"], moved=data["moved"], person=request.user)
        return redirect("capture:source_task", task.pk)
    context = _state(source) | {"form": form, "tasks": source.tasks.order_by("-id")[:5]}
    return page_or_partial(request, "capture/changing/manage.html", context, "state", 400 if form.errors else 200)


def _state(source: Source) -> dict[str, Any]:
    figures = Figures.objects.filter(source=source).first()
    kept = figures.retained_wal if figures else None
    return {
        "source": source,
        "silent": queries.is_silent(source),
        "retained": kept,
        "warn_bytes": retained.warn_bytes(),
        "too_much": kept is not None and kept > retained.warn_bytes(),
        "pausable": source.has_database and source.status in pausing.PAUSABLE,
        "paused": source.has_database and source.status == Source.Status.STOPPED,
    }


@require_POST
@manager_view
def pause(request: Request, pk: int) -> HttpResponse:
    pausing.pause(queries.get_source_for(request.organisation, pk))
    return redirect("capture:manage", pk)


@require_POST
@manager_view
def resume(request: Request, pk: int) -> HttpResponse:
    pausing.resume(queries.get_source_for(request.organisation, pk))
    return redirect("capture:manage", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@manager_view
def remove(request: Request, pk: int) -> HttpResponse:
    """What goes and what stays; then the removal."""
    source = queries.get_source_for(request.organisation, pk)
    form = RemovalForm(request.POST or None, name=source.name)
    if form.is_valid():
        data = form.cleaned_data
        task = service.request_removal(
            source, deletes_history=data["history"] == "delete", gone=data["gone"], person=request.user
        )
        return redirect("capture:source_task", task.pk)
    stored = Transaction.objects.filter(source=source).order_by("committed_at")
    context = _state(source) | {
        "form": form,
        "tables": len(queries.relations(source)),
        "first": stored.first(),
        "last": stored.last(),
        "rules": source.column_rules.count(),
    }
    return render(request, "capture/changing/remove.html", context, status=400 if form.errors else 200)


@require_GET
@manager_view
def source_task(request: Request, pk: int) -> HttpResponse:
    """How far it is with what somebody asked for."""
    task = get_object_or_404(SourceTask, pk=pk, organisation=request.organisation)
    return page_or_partial(request, "capture/changing/task.html", {"task": task}, "task")
