"""Targets: where user flows are copied to beside the organisation's own replica, and what others offer to fill here."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.shortcuts import get_object_or_404
from ninja import Status

from replica.deletion.service import request_copy
from replica.exports import state
from replica.exports.models import Target, UserFlowExport
from replica.exports.targets import service
from statetrace_ui.api import export_shapes, shapes
from statetrace_ui.api.access import export_of, flow_of
from statetrace_ui.api.deletions import told
from statetrace_ui.api.framework import Token
from statetrace_ui.api.idempotency import once
from statetrace_ui.api.paging import USUAL, Cursor, Limit
from statetrace_ui.api.problems import Problem
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows, others
from statetrace_ui.api.scopes import Scope
from statetrace_ui.api.userflows import shown
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import HIGHEST_ID, newest_first

TAGS = ["Targets"]
COPY = "/{uuid:user_flow_id}/targets/{int:target_id}"


@others.get("/targets", tags=TAGS, auth=Token(Scope.READ), response=export_shapes.Targets)
def list_targets(request: ApiRequest, limit: Limit = USUAL, cursor: Cursor = "") -> dict[str, Any]:
    """Those of the organisation, and those that others offer to its replica; newest first."""
    concerned = Q(organisation=request.organisation) | Q(recipient=request.organisation)
    targets = Target.objects.filter(concerned).select_related("organisation", "recipient")
    page = newest_first(targets, ("id",), cursor, limit)
    return {"targets": [_target(one) for one in page.rows], "next_cursor": page.older}


@others.post("/targets", tags=TAGS, auth=Token(Scope.ADMIN), response={201: export_shapes.Target})
@once
def add_target(request: ApiRequest, body: export_shapes.TargetWish) -> Status[Any]:
    """An empty database of one's own by `url`, or the replica of the organisation `recipient`, which has to accept."""
    if (body.url is None) == (body.recipient is None):
        raise Problem(422, "Say either url or recipient.")
    person = request.user.get_username()
    if body.url is not None:
        return Status(201, _target(service.add_server(request.organisation, body.name, body.url, person)))
    recipient = Organisation.objects.filter(slug=body.recipient).first()
    if recipient is None:
        errors = [{"at": "body.recipient", "problem": "There is no organisation of this short name."}]
        raise Problem(422, "This target is not taken.", errors=errors)
    return Status(201, _target(service.offer(request.organisation, body.name, recipient, person)))


@others.post("/targets/{int:target_id}/accept", tags=TAGS, auth=Token(Scope.ADMIN), response=export_shapes.Target)
def accept_target(request: ApiRequest, target_id: shapes.Id) -> dict[str, Any]:
    """Let another organisation fill this one's replica with flows of its own. What was accepted stays so."""
    target = get_object_or_404(Target, pk=min(target_id, HIGHEST_ID), recipient=request.organisation)
    if target.accepted_at is None:
        service.accept(target, request.user.get_username())
    return _target(target)


@others.delete("/targets/{int:target_id}", tags=TAGS, auth=Token(Scope.ADMIN), response={204: None})
def remove_target(request: ApiRequest, target_id: shapes.Id) -> Status[None]:
    """Refused while flows are copied to it: their copies are deleted first."""
    service.remove(_own_target(request, target_id))
    return Status(204, None)


@flows.get("/{uuid:user_flow_id}/targets", tags=TAGS, auth=Token(Scope.READ), response=export_shapes.Copies)
def list_copies(request: ApiRequest, user_flow_id: UUID) -> dict[str, Any]:
    """The copies of the flow in targets, each with its state."""
    flow = flow_of(request, user_flow_id)
    copies = UserFlowExport.every.filter(organisation=flow.organisation, user_flow_id=flow.user_flow_id)
    known = copies.exclude(target=None).select_related("organisation", "target", "mirror").order_by("pk")
    return {
        "targets": [
            {"target_id": one.export.target_id, "status": one.status, "waiting": one.pending}
            for one in state.states(known)
        ]
    }


@flows.put(COPY, tags=TAGS, auth=Token(Scope.ADMIN), response=export_shapes.Flow)
def copy_to_target(request: ApiRequest, user_flow_id: UUID, target_id: shapes.Id) -> dict[str, Any]:
    """Have the flow copied to the target, too, by syncs of its own. Again, it changes nothing."""
    return shown(service.copy_to(flow_of(request, user_flow_id), _own_target(request, target_id)))


@flows.delete(COPY, tags=TAGS, auth=Token(Scope.ADMIN), response={202: export_shapes.DeletionTold})
def delete_copy(request: ApiRequest, user_flow_id: UUID, target_id: shapes.Id) -> Status[Any]:
    """Take the flow from the target. The flow itself stays."""
    return Status(202, told(request_copy(export_of(request, user_flow_id, target_id), request.user.get_username())))


def _own_target(request: ApiRequest, target_id: int) -> Target:
    """Raises Http404."""
    return get_object_or_404(Target, pk=min(target_id, HIGHEST_ID), organisation=request.organisation)


def _target(target: Target) -> dict[str, Any]:
    names = ("name", "place", "added_at", "accepted_at")
    recipient = target.recipient.slug if target.recipient else None
    owner = {"target_id": target.pk, "organisation": target.organisation.slug, "recipient": recipient}
    return {**owner, **{name: getattr(target, name) for name in names}}
