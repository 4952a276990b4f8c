"""The pages of audited sessions: form, query, render."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from statetrace_ui.history import answering, avatars, change_rows, forms, lanes, queries
from statetrace_ui.history.asking import Asked, asked_by, line_context
from statetrace_ui.history.asking_forms import ChangeFilters, SessionFilters
from statetrace_ui.history.display_forms import DisplayForm
from statetrace_ui.history.looks import note_look
from statetrace_ui.history.models import Change, Session, Source
from statetrace_ui.history.queries.excerpts import IN_A_LIST, ON_ITS_PAGE
from statetrace_ui.history.references.linking import link_changes
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.history.transaction_rows import transaction_rows
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.paging import Page
from statetrace_ui.web.render import page_or_partial, timeline_context
from statetrace_ui.web.requests import Request, member_view
from statetrace_ui.web.timeline import Timeline

UNDER_WAY = timedelta(hours=1)  # since its last sign, a session may go on


@member_view
def sessions(request: Request) -> HttpResponse:
    asked = asked_by(request, SessionFilters)
    if asked.rewrites:
        return redirect(request.path + asked.address)
    context = line_context(request, asked, "sessions") | {"beyond": asked.beyond(queries.NAMES_OF_SESSIONS)}
    if asked.is_wrong or context["beyond"]:
        return render(request, "history/sessions.html", context, status=400 if asked.is_wrong else 200)
    question, cursor = asked.question, asked.typed.cleaned_data["cursor"]
    page = queries.sessions(request.organisation, question, cursor)
    listed = queries.with_gaps(
        page,
        "started_at",
        queries.chosen_sources(request.organisation, question.sources),
        newer=queries.newer_by_time(cursor),
        start=question.start,
        end=question.end,
    )
    return page_or_partial(request, "history/sessions.html", {**context, "page": page, "listed": listed}, "rows")


@member_view
def active_sessions(request: Request) -> HttpResponse:
    """Who acted lately, the last active first."""
    found = queries.sessions_now(request.organisation, timezone.now())
    return page_or_partial(request, "history/active_sessions.html", {"sessions": found}, "rows")


@member_view
def session(request: Request, pk: int) -> HttpResponse:
    shown = queries.get_session_for(request.organisation, pk)
    form = parse_query(forms.SessionForm, request)
    if form.cleaned_data["after"] is not None:
        return _new_actions(request, shown, form.cleaned_data["after"])
    note_look(shown.source, f"session {shown.key}")
    newest = queries.newest_action(shown.source)  # before the page is read: what comes meanwhile comes again
    page = queries.session_actions(shown, form.cleaned_data["cursor"])
    origin, length = lanes.axis(shown)
    gaps = queries.gaps_between(shown.source, origin, origin + timedelta(milliseconds=length))
    context: dict[str, Any] = {"session": shown, "page": page, "origin": origin, "length": length, "gaps": gaps}
    if not request.htmx:
        context |= {"high_water": newest, "live": timezone.now() - shown.last_at < UNDER_WAY}
        groups = lanes.timeline_groups(shown, origin, length, gaps)
        context |= timeline_context(request, Timeline(origin, length, groups))
    return page_or_partial(request, "history/session.html", context, "actions")


def _new_actions(request: Request, session: Session, after: int) -> HttpResponse:
    """What the session did since; 204 if the source did nothing at all."""
    newest = queries.newest_action(session.source)
    if newest <= after:
        return HttpResponse(status=204)
    actions = queries.new_actions(session, after)
    if len(actions) == queries.NEW_AT_A_TIME:
        newest = actions[-1].pk  # the others come with the next answer
    now = queries.get_session_for(request.organisation, session.pk)  # with the counts that include them
    context = {"session": now, "actions": actions, "origin": lanes.axis(now)[0], "high_water": newest}
    return render(request, "history/session.html#fresh", context)


@member_view
def avatar(request: Request, pk: int) -> HttpResponse:
    """The image that came with the session's annotation, as a document that can do nothing but be drawn."""
    found = avatars.image(queries.get_session_for(request.organisation, pk).actor_avatar)
    if found is None:
        raise Http404
    headers = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return HttpResponse(found.data, content_type=found.content_type, headers=headers)


@member_view
def action_changes(request: Request, pk: int) -> HttpResponse:
    action = queries.get_action_for(request.organisation, pk)
    note_look(action.source, f"changes of action {action.pk}")
    form = parse_query(forms.ActionChangesForm, request)
    page = queries.action_changes(action, **form.cleaned_data)
    changes = change_rows.rows_of(page.rows, IN_A_LIST)
    link_changes(changes)
    context = {
        "action": action,
        "page": page,
        "changes": changes,
        **form.cleaned_data,
    }
    if not form.cleaned_data["cursor"]:
        context |= {
            "company": queries.company_of(action),
            "parent": queries.parent_of(action),
            "children": queries.children_of(action),
            "most": queries.MOST_BESIDE,
        }
    return page_or_partial(request, "history/action.html", context, "changes")


@member_view
def changes(request: Request) -> HttpResponse:
    asked = asked_by(request, ChangeFilters)
    if asked.rewrites:
        return redirect(request.path + asked.address)
    context = line_context(request, asked, "changes")
    if asked.is_wrong:
        return render(request, "history/changes.html", context, status=400)
    question, cursor = asked.question, asked.typed.cleaned_data["cursor"]
    sources = queries.chosen_sources(request.organisation, question.sources)
    context |= {"groupable": answering.can_group(request.organisation, question), "several": len(sources) > 1}
    context["grouped"] = context["groupable"] and asked.by_transaction
    if asked.typed.cleaned_data["after"] is not None:
        return _new_changes(request, asked, context)
    looked_at = 0 if cursor else answering.newest_looked_at(request.organisation, question)
    context |= _page_of_transactions(request, asked) if context["grouped"] else _page_of_changes(request, asked)
    context |= {
        # The newest that is listed or was looked at: a change that is stored from now on has a higher id.
        "high_water": max(looked_at, context["newest"]),
        "live": not cursor and not question.end,
        "open_gaps": queries.open_gaps(sources),
    }
    return page_or_partial(request, "history/changes.html", context, "rows")


def _page_of_changes(request: Request, asked: Asked) -> dict[str, Any]:
    answer = answering.changes(request.organisation, asked.question, asked.typed.cleaned_data["cursor"])
    page = answer.page
    newest = page.rows[0].id if page else 0
    return {"answer": answer, "page": page, "changes": change_rows.rows_of(page.rows), "newest": newest}


def _page_of_transactions(request: Request, asked: Asked) -> dict[str, Any]:
    answer = answering.transactions(request.organisation, asked.question, asked.typed.cleaned_data["cursor"])
    page = answer.page
    newest = page.rows[0].last_change if page else 0
    return {"answer": answer, "page": page, "transactions": transaction_rows(page.rows), "newest": newest}


def _new_changes(request: Request, asked: Asked, context: dict[str, Any]) -> HttpResponse:
    """What came after the id `after`, for the top of the list; 204 if nothing was stored since."""
    after = asked.typed.cleaned_data["after"]
    if context["grouped"]:
        new, high_water = answering.new_transactions(request.organisation, after, asked.question)
        context |= {"transactions": transaction_rows(new.rows), "count": len(new.rows), "more": new.older}
    else:
        page, high_water = answering.new_changes(request.organisation, after, asked.question)
        context |= {"changes": change_rows.rows_of(page.rows), "count": len(page.rows), "more": page.older}
    if high_water == after:
        return HttpResponse(status=204)
    context["high_water"] = high_water
    return render(request, "history/changes.html#fresh", context)


@member_view
def change(request: Request, pk: int) -> HttpResponse:
    [row] = change_rows.rows_of([queries.get_change_for(request.organisation, pk)], ON_ITS_PAGE)
    link_changes([row])
    note_look(row.change.source, f"change {pk} of {row.table} {row.record}")
    return page_or_partial(request, "history/change.html", {"row": row, "most": queries.MOST_BESIDE}, "diff")


@member_view
def value(request: Request, pk: int) -> HttpResponse:
    """One value whole, as plain text: pages show the beginning of a long one."""
    form = parse_query(forms.ValueForm, request)
    text = queries.get_value_for(request.organisation, pk, **form.cleaned_data)
    note_look(queries.get_source_of_change_for(request.organisation, pk), f"change {pk}, {form.cleaned_data['column']}")
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@member_view
def sources(request: Request) -> HttpResponse:
    reports = [queries.source_report(source) for source in queries.sources_of(request.organisation)]
    return page_or_partial(request, "history/sources.html", {"sources": reports}, "rows")


@member_view
def source(request: Request, pk: int) -> HttpResponse:
    shown = queries.get_source_for(request.organisation, pk)
    context = {
        "source": shown,
        "silent": queries.is_silent(shown),
        "gaps": (gaps := queries.gaps_of(shown)),
        "open_gap": next((gap for gap in gaps if gap.is_open), None),
        "most_gaps": queries.MOST_GAPS,
        "arriving": queries.arriving(shown),
        "relations": queries.relations(shown),
        "other_annotation_tables": queries.other_annotation_tables(shown),
    }
    return render(request, "history/source.html", context)


@member_view
def table_shapes(request: Request, pk: int) -> HttpResponse:
    """The history of a table's columns."""
    owner = queries.get_source_for(request.organisation, pk)
    name = parse_query(forms.TableForm, request).cleaned_data["table"]
    versions = queries.table_shapes(owner, name)
    if not versions:
        raise UserError("No table of this name is known.", "Look for it among the source's tables.", status=404)
    table = qualified_name(*name)
    context = {
        "source": owner,
        "table": table,
        "of_table": urlencode({"source": owner.pk, "table": table}),
        "versions": versions,
        "marks": [(Change.Kind(mark.kind), mark) for mark in queries.table_marks(owner, name)],
        "display": DisplayForm.of(queries.display_of(owner, name), queries.newest_shape(owner, name)),
        "may_manage": request.membership.may_manage,
    }
    return render(request, "history/table_shapes.html", context)


@member_view
def source_unread(request: Request, pk: int) -> HttpResponse:
    return _list_of_source(request, pk, queries.unread_annotations, "at", "history/unread.html")


@member_view
def source_migrations(request: Request, pk: int) -> HttpResponse:
    return _list_of_source(request, pk, queries.migrations, "committed_at", "history/migrations.html")


@member_view
def source_actions(request: Request, pk: int) -> HttpResponse:
    return _list_of_source(request, pk, queries.actions_without_session, "at", "history/sessionless.html")


def _list_of_source(
    request: Request, pk: int, read: Callable[[Source, str], Page[Any]], field: str, template: str
) -> HttpResponse:
    """A list of what one source holds. read: takes the source and a cursor. field: the time of its rows."""
    shown = queries.get_source_for(request.organisation, pk)
    cursor = parse_query(forms.CursorForm, request).cleaned_data["cursor"]
    page = read(shown, cursor)
    newer = queries.newer_by_id(shown, page, field, cursor)
    listed = queries.with_gaps(page, field, [shown], newer=newer)
    return page_or_partial(request, template, {"source": shown, "page": page, "listed": listed}, "rows")
