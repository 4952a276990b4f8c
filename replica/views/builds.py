"""What changed between two builds of an audited application: how long its requests took, and which rows they wrote."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from replica.compare.builds import Done, Written, by_request, compare_builds
from replica.compare.selection import quoted
from replica.compare.subjects import Certainty, Entry, Sample, Subject
from replica.comparisons.rows import rows_of
from replica.views.altered_fields import FieldPair, field_pairs
from replica.views.compared_lines import Line, line_of
from statetrace_ui.history import queries
from statetrace_ui.history.models import Action, Source
from statetrace_ui.history.queries import Build
from statetrace_ui.history.queries.transaction_lists import MOST_COUNTED
from statetrace_ui.history.transaction_rows import TableRow, tables_of
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request, member_view

MOST_REQUESTS = 60  # those that are made most often
MOST_ACTIONS = 200  # of a request, of each build
MOST_WRITTEN = 40  # of these, of which the rows are looked at


class BuildsForm(forms.Form):
    """Two builds of a source; the newest and the one before it where nothing is said."""

    base = forms.ChoiceField(label="From", required=False)
    new = forms.ChoiceField(label="To", required=False)
    request = forms.CharField(required=False, max_length=2_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, builds: Sequence[Build], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("base", "new"):
            self.fields[name].choices = [(one.version, one.version) for one in builds]  # type: ignore[attr-defined]


@member_view
def builds(request: Request, pk: int) -> HttpResponse:
    """The page of a source's builds; two of them are compared once there are two."""
    source = queries.get_source_for(request.organisation, pk)
    known = queries.builds_of(source)
    context: dict[str, Any] = {"source": source, "builds": known}
    if len(known) > 1:
        asked = parse_query(BuildsForm, request, builds=known).cleaned_data
        context |= _asked(known, asked["base"] or known[1].version, asked["new"] or known[0].version)
        context |= _compared(source, (context["base"], context["new"]), asked["request"])
    return render(request, "replica/builds.html", context)


def _asked(known: Sequence[Build], base: str, new: str) -> dict[str, Any]:
    """The form, and the address that compares what devices measured of both builds."""
    measured = urlencode({"base": quoted(f"version:{base}"), "new": quoted(f"version:{new}")})
    return {
        "form": BuildsForm({"base": base, "new": new}, builds=known),
        "base": base,
        "new": new,
        "measured": measured,
    }


def _compared(source: Source, versions: tuple[str, str], name: str) -> dict[str, Any]:
    """name: of the request of which the fields are told."""
    actions = [queries.build_actions(source, version) for version in versions]
    done = [list(map(_done, some)) for some in actions]
    requests = by_request(done[0], done[1], MOST_ACTIONS)
    looked_at = dict(islice(requests.items(), MOST_REQUESTS))
    entries = compare_builds(_with_rows(source, looked_at, [one for some in actions for one in some]))
    told = [one for one in entries if min(map(_certainty, [one, *one.inside])) <= Certainty.LIKELY]
    return {
        "told": _lines(told),
        "untold": _lines(one for one in entries if one not in told),
        "counts": list(map(len, actions)),
        "requests": sorted(looked_at),
        "asked": name if name in looked_at else "",
        "fields": _fields(source, *looked_at[name]) if name in looked_at else [],
        "most_actions": queries.MOST_BUILD_ACTIONS,
        "left_out": len(requests) - len(looked_at),
    }


def _fields(source: Source, base: Sequence[Done], new: Sequence[Done]) -> list[FieldPair]:
    return field_pairs(source, *([int(one.key) for one in side[:MOST_WRITTEN]] for side in (base, new)))


def _certainty(entry: Entry) -> Certainty:
    return entry.certainty


def _lines(entries: Iterable[Entry]) -> list[Line]:
    return [line_of(row, {}) for row in rows_of(entries, _address)]


def _address(_: Subject, sample: Sample, __: Entry | None) -> str:
    return reverse("history:transaction", args=[sample.session_id])


def _done(action: Action) -> Done:
    return Done(str(action.transaction_id), str(action.session_id), action.method, action.url, action.length_ms)


def _with_rows(
    source: Source, requests: Mapping[str, tuple[list[Done], list[Done]]], actions: Iterable[Action]
) -> dict[str, tuple[list[Done], list[Done]]]:
    """The newest actions of each request with what they wrote."""
    looked_at = {one.key for sides in requests.values() for side in sides for one in side[:MOST_WRITTEN]}
    found = written_by(source, [one for one in actions if str(one.transaction_id) in looked_at])
    return {
        name: tuple([replace(one, written=found.get(one.key)) for one in side] for side in sides)  # type: ignore[misc]
        for name, sides in requests.items()
    }


def written_by(source: Source, actions: Sequence[Action]) -> dict[str, Written]:
    """{transaction: {(table, kind): rows}}, without those that are so large that only a part would be counted."""
    found = queries.transactions_of(source, actions)
    counted = [one for one in found if one.change_count <= MOST_COUNTED]
    tables = tables_of(counted)
    return {str(one.pk): _counts(tables.get(one.pk, [])) for one in counted}


def _counts(tables: Iterable[TableRow]) -> Written:
    return {(table.label, kind.label.lower()): count for table in tables for kind, count in table.counts}
