"""What a profile's methods add up to: a table as a fragment, callers and callees, and the calls that a search steps to.

The stacks that they are made of are chosen like those of the merged tree.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from replica.profiles.asked import asked_stacks
from replica.profiles.blocks import Blocks
from replica.profiles.forms import FIRST_ROWS, MOST_ROWS, MatchQuery, SandwichQuery, TableQuery
from replica.profiles.method_table import sums_of_threads
from replica.profiles.payloads import TreeColumns, tree_columns
from replica.profiles.sandwich import sandwich
from replica.profiles.search import matching_methods, next_match
from replica.profiles.service import thread_at
from replica.profiles.stacks import Stacks
from replica.profiles.table_rows import TableRow, heaviest, listed, method_rows, package_rows, thread_rows
from replica.views.access import replica_view
from replica.views.flame import FOREVER, blocks_for, json_answer, stacks_for
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request


@dataclass(frozen=True, slots=True)
class SandwichAnswer:
    """The method's number, its self time and calls as in the table, and the trees, which have its total."""

    method: int
    own: int
    calls: int
    callers: TreeColumns
    callees: TreeColumns


@replica_view
def table(request: Request, alias: str, session_id: str, version: str, thread: int | None) -> HttpResponse:
    """What methods, packages or threads add up to, as a fragment."""
    query = parse_query(TableQuery, request).cleaned_data
    blocks, stacks = stacks_for(request, alias, session_id, version, thread, query)
    rows = listed(_rows(blocks, stacks, query, thread), query["q"], query["sort"])
    shown = query["rows"]
    context = {
        "rows": rows[:shown],
        "count": len(rows),
        "more": min(shown + FIRST_ROWS * 2, MOST_ROWS) if len(rows) > shown < MOST_ROWS else None,
        "most": MOST_ROWS,
        "by": query["by"],
        "columns": [("name", query["by"].title()), ("own", "Self"), ("total", "Total"), ("calls", "Calls")],
        "sort": query["sort"],
        "narrowed": bool(query["q"]),
    }
    return render(request, "replica/flame_table.html", context)


def _rows(blocks: Blocks, stacks: Stacks, query: dict[str, Any], thread: int | None) -> list[TableRow]:
    if query["by"] == "package":
        return package_rows(blocks, stacks)
    if query["by"] == "method":
        return method_rows(blocks, stacks)
    every = (asked_stacks(blocks, one, query) for one in blocks.threads)
    rows = thread_rows(blocks.threads, sums_of_threads(every))
    return [row for row in rows if thread in (None, row.number)]


@replica_view
def callers_and_callees(
    request: Request, alias: str, session_id: str, version: str, thread: int | None
) -> HttpResponse:
    """A method between the merged trees of its callers and callees."""
    query = parse_query(SandwichQuery, request).cleaned_data
    blocks, stacks = stacks_for(request, alias, session_id, version, thread, query)
    method = heaviest(blocks, stacks) if query["method"] is None else query["method"]
    if method >= len(blocks.methods):
        raise UserError("This profile has no such method.", "Choose one from the table.", status=404)
    method = int(blocks.first_of_name[method])
    made = sandwich(stacks, method, len(blocks.methods), query["share"])
    trees = tree_columns(made.callers), tree_columns(made.callees)
    return json_answer(SandwichAnswer(method, made.own, made.calls, *trees), FOREVER)


@replica_view
def match(request: Request, alias: str, session_id: str, version: str, thread: int) -> HttpResponse:
    """The next call of a thread whose method's name contains a text: {depth, at, name} or null."""
    query = parse_query(MatchQuery, request).cleaned_data
    blocks = blocks_for(request, alias, session_id, version)
    mask = matching_methods(((method.name, method.package) for method in blocks.methods), query["q"])
    after = None if query["at"] is None or query["depth"] is None else (query["at"], query["depth"])
    call = next_match(mask, blocks, thread_at(blocks, thread), after, query["back"])
    found = call and {"depth": call.depth, "at": call.at, "name": call.method.name}
    return json_answer(found, FOREVER)
