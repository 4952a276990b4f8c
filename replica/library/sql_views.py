"""SQL of one's own on the organisation's replica: for analysts and managers."""

import hashlib
import secrets
from typing import Any

import psycopg
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from replica.databases.connections import NoReplica
from replica.databases.models import Replica
from replica.library import connection
from replica.library.charts import chart_of
from replica.library.files import delivered
from replica.library.forms import PageForm, SaveForm, SqlForm, TokenForm
from replica.library.limits import FILE, PAGE, Limits
from replica.library.models import SavedSql
from replica.library.runner import Result, SqlProblem, run
from replica.library.schema_shown import tables
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.addresses import BadAddress
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, analyst_view

EXAMPLE = """SELECT f.name, s.session_id, s.name AS session, s.status, s.start_time
FROM session_metadata AS s
JOIN user_flow AS f ON f.user_flow_id = s.user_flow_id
ORDER BY s.start_time DESC
LIMIT 100"""


@require_GET
@analyst_view
def page(request: Request) -> HttpResponse:
    asked = parse_query(PageForm, request).cleaned_data
    saved = get_object_or_404(_visible(request), pk=asked["saved"]) if asked["saved"] is not None else None
    text = saved.text if saved else asked["sql"] or EXAMPLE
    return _page(request, text, saved=saved)


@require_POST
@analyst_view
def run_sql(request: Request) -> HttpResponse:
    """The result below the field; without JavaScript, the page with it."""
    form = parse_post(SqlForm, request)
    try:
        result = _run(request, form, PAGE)
    except SqlProblem as problem:
        return _page(request, form.cleaned_data["sql"], status=400, problem=problem)
    is_charted = form.cleaned_data["chart"]
    chart = chart_of(result) if is_charted else None
    return _page(request, form.cleaned_data["sql"], result=result, chart=chart, is_charted=is_charted)


@require_POST
@analyst_view
def sql_csv(request: Request) -> StreamingHttpResponse:
    form = parse_post(SqlForm, request)
    result = _run(request, form, FILE)
    return delivered(request, result, "SQL", {"sql": _digest(form.cleaned_data["sql"])})


@require_POST
@analyst_view
def cancel_sql(request: Request) -> HttpResponse:
    token = parse_post(TokenForm, request).cleaned_data["token"]
    try:
        connection.cancel(_replica(request), token)
    except (psycopg.Error, BadAddress):
        raise UserError("The replica did not answer.", "The query ends by itself in time.", status=503) from None
    return HttpResponse(status=204)


@require_POST
@analyst_view
def save_sql(request: Request) -> HttpResponse:
    """Keep a statement for oneself; managers also for the organisation."""
    data = parse_post(SaveForm, request).cleaned_data
    if data["shared"] and not request.membership.may_manage:
        raise UserError("Only managers keep SQL for the organisation.", "Keep it for yourself.", status=403)
    owner = None if data["shared"] else request.user
    saved, _ = SavedSql.objects.update_or_create(
        organisation=request.organisation, owner=owner, name=data["name"], defaults={"text": data["sql"]}
    )
    return _to(saved.pk)


@require_POST
@analyst_view
def delete_sql(request: Request, pk: int) -> HttpResponse:
    own = Q(owner=request.user) | (Q(owner=None) if request.membership.may_manage else Q(pk__in=[]))
    get_object_or_404(_visible(request).filter(own), pk=pk).delete()
    return redirect("sql:page")


def _run(request: Request, form: SqlForm, limits: Limits) -> Result:
    text = form.cleaned_data["sql"]
    replica = _replica(request)
    record(Event.SQL_RUN, f"{_digest(text)}, {len(text)} characters")  # never the text, which may hold values
    return run(replica, text, limits, form.cleaned_data["token"])


def _replica(request: Request) -> Replica:
    try:
        replica: Replica = request.organisation.replica
    except ObjectDoesNotExist:
        raise NoReplica from None
    if not replica.reader_url:
        raise NoReplica
    return replica


def _visible(request: Request) -> QuerySet[SavedSql]:
    """The organisation's, and the viewer's own there."""
    return SavedSql.objects.filter(Q(owner=None) | Q(owner=request.user), organisation=request.organisation)


def _digest(text: str) -> str:
    return f"SHA-256 {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _page(request: Request, text: str, status: int = 200, **shown: Any) -> HttpResponse:
    context = {
        "text": text,
        "token": secrets.token_hex(16),
        "tables": tables(),
        "kept": _visible(request),
        "limits": PAGE,
        "file_limits": FILE,
        "may_manage": request.membership.may_manage,
        **shown,
    }
    return page_or_partial(request, "library/sql.html", context, "result", status=status)


def _to(pk: int) -> HttpResponse:
    answer: Any = redirect("sql:page")
    answer["Location"] += f"?saved={pk}"
    return answer  # type: ignore[no-any-return]
