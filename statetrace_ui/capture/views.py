"""The pages of column rules, and the choice of messages: everybody sees them, managers change them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.capture import masking_runs
from statetrace_ui.capture.annotation_choice import take_messages
from statetrace_ui.capture.forms import ACTIONS, DEFAULT, MessagesForm, RuleForm, TableForm, TablesForm
from statetrace_ui.capture.known_tables import NAMES_BEFORE_ALL, known_table, known_tables
from statetrace_ui.capture.patterns import Pattern
from statetrace_ui.capture.rule_book import change_rules, rules_of
from statetrace_ui.capture.rules import Rules, Verdict
from statetrace_ui.history import queries
from statetrace_ui.history.models import Source
from statetrace_ui.wal.records import Column, Relation
from statetrace_ui.web import paging
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view

MOST_OWN_RULES = 200


@dataclass(frozen=True, slots=True)
class TableRow:
    """A table in the list. acting: how many of its columns are not stored in clear."""

    relation: Relation
    verdict: Verdict
    acting: int

    @property
    def name(self) -> str:
        return f"{self.relation.schema_name}.{self.relation.table_name}"

    @property
    def query(self) -> str:
        return urlencode({"schema": self.relation.schema_name, "table": self.relation.table_name})


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A column, or the table itself, with its rule. own: the action that somebody set for exactly that."""

    pattern: str
    verdict: Verdict
    own: str
    column: Column | None = None


@require_GET
@member_view
def rules(request: Request, pk: int) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    form = parse_query(TablesForm, request)
    tables, older = _tables(source, form.cleaned_data["named"], form.cleaned_data["cursor"])
    own = source.column_rules.order_by("pattern")
    context: dict[str, Any] = {
        "source": source,
        "form": form,
        "tables": tables,
        "page": {"older": older},
        "own": own[:MOST_OWN_RULES],
        "own_count": own.count(),
        "run": source.masking_runs.order_by("-id").first(),
        "actions": ACTIONS,
        "may_manage": request.membership.may_manage,
    }
    return page_or_partial(request, "capture/rules.html", context, "rows" if form.cleaned_data["cursor"] else "run")


@require_GET
@member_view
def table_rules(request: Request, pk: int) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    form = parse_query(TableForm, request)
    relation = known_table(source, form.name)
    if relation is None:
        raise UserError("No table of that name is known.", "Look for it among all tables.", status=404)
    whole, columns = _rows_of(source, relation)
    context = {
        "source": source,
        "relation": relation,
        "whole": whole,
        "columns": columns,
        "actions": ACTIONS,
        "may_manage": request.membership.may_manage,
    }
    return render(request, "capture/table.html", context)


@require_POST
@manager_view
def set_rule(request: Request, pk: int) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    data = parse_post(RuleForm, request).cleaned_data
    change_rules(source, [(data["pattern"], None if data["action"] == DEFAULT else data["action"])])
    if not data["table"]:
        return redirect("capture:rules", pk)
    query = urlencode({"schema": data["schema"], "table": data["table"]})
    return HttpResponseRedirect(f"{reverse('capture:table_rules', args=[pk])}?{query}")


@require_POST
@manager_view
def mask_history(request: Request, pk: int) -> HttpResponse:
    masking_runs.request(queries.get_source_for(request.organisation, pk))
    return redirect("capture:rules", pk)


@require_POST
@manager_view
def set_messages(request: Request, pk: int) -> HttpResponse:
    """Whether messages count as annotations; the choice is on the source's own page."""
    source = queries.get_source_for(request.organisation, pk)
    take_messages(source, parse_post(MessagesForm, request).cleaned_data["taken"])
    return redirect("history:source", pk)


def _tables(source: Source, named: str, cursor: str) -> tuple[list[TableRow], str | None]:
    """A page of the source's tables, and the cursor of the next one."""
    after = _storable(*paging.decode(cursor, 2)) if cursor else NAMES_BEFORE_ALL
    found = known_tables(source, after, named, paging.PAGE_SIZE + 1)
    shown = found[: paging.PAGE_SIZE]
    older = paging.encode([shown[-1].schema_name, shown[-1].table_name]) if len(found) > len(shown) else None
    in_force = rules_of(source)
    return [_table_row(relation, in_force) for relation in shown], older


def _storable(schema: object, table: object) -> tuple[str, str]:
    """The names of a cursor as PostgreSQL takes them: an address can be made to hold anything."""
    first, second = (str(name).encode(errors="replace").decode().replace("\0", "") for name in (schema, table))
    return first, second


def _table_row(relation: Relation, in_force: Rules) -> TableRow:
    schema, table = relation.schema_name, relation.table_name
    acting = sum(in_force.of_column(schema, table, column).acts for column in relation.columns)
    return TableRow(relation, in_force.of_table(schema, table), acting)


def _rows_of(source: Source, relation: Relation) -> tuple[RuleRow, list[RuleRow]]:
    """The table as a whole, and its columns."""
    in_force = rules_of(source)
    schema, table = relation.schema_name, relation.table_name
    of_columns = {column: str(Pattern.of(schema, table, column.name)) for column in relation.columns}
    of_table = str(Pattern.of(schema, table))
    own = dict(
        source.column_rules.filter(pattern__in=[of_table, *of_columns.values()]).values_list("pattern", "action")
    )
    columns = [
        RuleRow(pattern, in_force.of_column(schema, table, column), own.get(pattern, DEFAULT), column)
        for column, pattern in of_columns.items()
    ]
    return RuleRow(of_table, in_force.of_table(schema, table), own.get(of_table, DEFAULT)), columns
