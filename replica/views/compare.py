"""Two groups of sessions of one flow compared; one address holds all of the question."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from replica.addresses import compared_address, pair_address
from replica.compare.alignment import typical_pair
from replica.compare.selection import of_sessions, of_tag
from replica.compare.sentence import sentence
from replica.compare.subjects import Certainty, Kind
from replica.comparisons.baselines import AGAINST_BASELINE, baseline_of, keep_baseline
from replica.comparisons.rows import entry_rows, flow_row
from replica.comparisons.service import Compared, Question, chosen_sessions, compare
from replica.databases.announcing import announce
from replica.databases.connections import NoReplica
from replica.databases.reading import read_replica
from replica.forms import BaselineForm, CompareForm
from replica.queries.flows import flow_or_404
from replica.queries.groups import flow_choices, group_tags
from replica.schema.models import UserFlow
from replica.views.compared_lines import Lines
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_filters, parse_post
from statetrace_ui.web.requests import Request, manager_view, member_view

LISTED = 300  # entries; who has more than that narrows the groups


@member_view
def compare_groups(request: Request) -> HttpResponse:
    """The page. Without a question it is the form that asks for one; without a replica, what leads to one."""
    if request.GET.get("side"):
        return redirect(f"{request.path}?{urlencode(_ticked(request))}")
    try:
        return read_replica(request.organisation, lambda alias: _compared(request, alias))
    except NoReplica:
        if "flow" in request.GET:
            raise  # whoever asks about a flow is told that there is none
        return render(request, "replica/compare.html", {"no_replica": True})


def _compared(request: Request, alias: str) -> HttpResponse:
    form = parse_filters(CompareForm, request, flows=flow_choices(alias))
    context: dict[str, Any] = {"form": form}
    asked = form.cleaned_data if not form.errors else {}
    if asked.get("flow"):
        context |= _of_flow(request, alias, flow_or_404(alias, asked["flow"]))
    status = 400 if form.errors else 200
    if asked.get("flow") and asked["base"] and asked["new"]:
        question = Question(context["flow"], asked["base"], asked["new"], asked["excluded"])
        try:
            context |= _answer(compare(request.organisation, alias, question, timezone.get_current_timezone()), asked)
        except UserError as problem:
            context["problem"], status = problem, problem.status
    return render(request, "replica/compare.html", context, status=status)


def _ticked(request: Request) -> dict[str, str]:
    """The question that ticks on the flow's page ask; where nothing is ticked, the sessions that its filters show."""
    ticked = request.GET.getlist("tick")
    line = of_sessions(ticked) or request.GET.get("shown", "")
    question = {name: request.GET.get(name, "") for name in ("flow", "base", "new")}
    if request.GET["side"] == "each" and len(ticked) > 1:  # the newer against the older
        return {**question, "base": of_sessions(ticked[1:]), "new": of_sessions(ticked[:1])}
    side = "base" if request.GET["side"] == "base" else "new"
    return {**question, side: line}


def _of_flow(request: Request, alias: str, flow: UserFlow) -> dict[str, Any]:
    """What the form offers."""
    baseline = baseline_of(request.organisation, flow.user_flow_id)
    tags = [of_tag(key, value) for key, value in group_tags(alias, flow.user_flow_id)]
    offered = ["baseline", AGAINST_BASELINE["new"]] if baseline else [AGAINST_BASELINE["new"]]
    return {"flow": flow, "baseline": baseline, "selections": [*offered, *tags, "status:Passed", "status:Failed"]}


def _answer(compared: Compared, asked: dict[str, Any]) -> dict[str, Any]:
    comparison = compared.comparison
    made = Lines(asked, compared.groups)
    [whole] = made.of([flow_row(comparison)])
    lines = made.of(entry_rows(comparison)[:LISTED])
    told = [line for line in lines if line.row.entry.certainty != Certainty.CANNOT_TELL]
    untold = [line for line in lines if line.row.entry.certainty == Certainty.CANNOT_TELL]
    pair = typical_pair(comparison)
    return {
        "compared": compared,
        "sentence": sentence(comparison),
        "whole": whole,
        "told": told,
        "untold": [line for line in untold if line.row.subject.kind != Kind.ROWS],
        "written": [line for line in lines if line.row.subject.kind == Kind.ROWS and not line.row.depth],
        "fields": compared_address("compare_fields", asked),
        "pair": pair_address(*pair) if pair else "",
        "difference": whole.difference,
        "swapped": urlencode(
            {**asked, "base": asked["new"], "new": asked["base"], "excluded": asked["excluded"] or ""}
        ),
    }


@require_POST
@manager_view
def keep(request: Request) -> HttpResponse:
    """Keep the sessions of one side as the flow's baseline, and go back to the comparison."""
    asked = parse_post(BaselineForm, request).cleaned_data
    line = asked[asked["side"]]

    def chosen(alias: str) -> list[str]:
        flow = flow_or_404(alias, asked["flow"])
        question = Question(flow, asked["base"], asked["new"], asked["excluded"])
        return chosen_sessions(request.organisation, alias, question, line, timezone.get_current_timezone())

    session_ids = read_replica(request.organisation, chosen)
    if not session_ids:
        raise UserError("No session of this flow matches any more.", "Choose other sessions.", status=404)
    keep_baseline(request.organisation, asked["flow"], session_ids, line, request.user.get_username())
    announce(request.organisation.pk)
    return redirect(f"{reverse('replica:compare')}?{urlencode(_address_of(asked))}")


def _address_of(asked: dict[str, Any]) -> dict[str, str]:
    """The parameters of an address that asks the same."""
    return {
        name: "on" if asked[name] is True else asked[name]
        for name in ("flow", "base", "new", "excluded", "time")
        if asked[name]
    }
