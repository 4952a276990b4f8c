"""The query library of a user flow: the document's queries with their parameters, as tables and as CSV."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from replica.databases.reading import read_replica
from replica.library.charts import chart_of
from replica.library.defaults import defaults
from replica.library.definitions import LibraryQuery, library
from replica.library.files import delivered
from replica.library.forms import ParametersForm
from replica.library.limits import FILE, PAGE
from replica.library.runner import SqlProblem, run
from replica.queries.flows import flow_or_404
from replica.schema.models import UserFlow
from replica.views.access import replica_view
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.requests import Request, analyst_view


@dataclass(frozen=True)
class Asked:
    """A query of the library with its parameters; `statement` is "" where one of them is not understood."""

    flow: UserFlow
    query: LibraryQuery
    form: ParametersForm
    statement: str


@require_GET
@replica_view
def queries(request: Request, alias: str, user_flow_id: str) -> HttpResponse:
    context = {"flow": flow_or_404(alias, user_flow_id), "queries": library().values()}
    return render(request, "library/queries.html", context)


@require_GET
@replica_view
def query(request: Request, alias: str, user_flow_id: str, name: str) -> HttpResponse:
    asked = _asked(request, alias, user_flow_id, name)
    context: dict[str, Any] = {"asked": asked, "form": asked.form, "limits": PAGE}
    if asked.statement:
        try:
            result = run(request.organisation.replica, asked.statement, PAGE, with_stand_ins=True)
            columns = asked.query.charted
            context |= {"result": result, "chart": chart_of(result, columns) if columns else None}
        except SqlProblem as problem:
            context["problem"] = problem
    return render(request, "library/query.html", context, status=200 if "result" in context else 400)


@require_GET
@analyst_view
def query_csv(request: Request, user_flow_id: str, name: str) -> StreamingHttpResponse:
    asked = read_replica(request.organisation, lambda alias: _asked(request, alias, user_flow_id, name))
    if not asked.statement:
        raise UserError("A parameter of this query is not understood.", "Correct it on the query's page.")
    result = run(request.organisation.replica, asked.statement, FILE, with_stand_ins=True)
    parameters = {key: str(value) for key, value in asked.form.cleaned_data.items()}
    told = {"query": asked.query.title, "user flow": asked.flow.name, **parameters}
    return delivered(request, result, "Query library", told)


def _asked(request: Request, alias: str, user_flow_id: str, name: str) -> Asked:
    flow, wanted = flow_or_404(alias, user_flow_id), library().get(name)
    if wanted is None:
        raise UserError("There is no such query in the library.", "Look for it among the flow's queries.", status=404)
    known = defaults(alias, user_flow_id, wanted.parameters, request.GET.get("session", ""))
    given = {name: str(value) for name, value in known.items() if name in {one.name for one in wanted.parameters}}
    form = ParametersForm(given | request.GET.dict(), query=wanted)
    statement = wanted.statement({**form.cleaned_data, "flow": user_flow_id}) if form.is_valid() else ""
    return Asked(flow, wanted, form, statement)
