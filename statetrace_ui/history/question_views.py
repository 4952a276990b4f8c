"""What stands beside the line of a question: suggestions, and the questions that people keep."""

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.history import queries
from statetrace_ui.history.asking import query_of
from statetrace_ui.history.asking_forms import RenameForm, SaveForm, SuggestionForm
from statetrace_ui.history.models import SavedQuestion
from statetrace_ui.history.question.completing import unfinished_at
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.requests import Request, manager_view, member_view

ANSWERED = {"changes": queries.NAMES_ANSWERED, "sessions": queries.NAMES_OF_SESSIONS}


@require_GET
@member_view
def suggestions(request: Request) -> HttpResponse:
    """What the term at a place of a line may become: options, each with the whole line and the place to go on."""
    data = parse_query(SuggestionForm, request).cleaned_data
    term = unfinished_at(data["q"], min(data["at"], len(data["q"])))
    if term.name:
        found = queries.values_like(request.organisation, term.name, term.prefix)
    else:
        found = queries.names_like(term.prefix, ANSWERED[data["to"]])
    options = [(one, *term.completed(one.text)) for one in found]
    return render(request, "history/suggestions.html", {"options": options})


@require_POST
@member_view
def save_question(request: Request) -> HttpResponse:
    data = parse_post(SaveForm, request).cleaned_data
    if data["shared"] and not request.membership.may_manage:
        raise UserError("Only managers share questions.", "Save it for yourself, or ask a manager.", status=403)
    owner = None if data["shared"] else request.user
    names = {"asked": data["to"], "name": data["name"], "line": data["q"]}
    return _kept(SavedQuestion(organisation=request.organisation, owner=owner, **names))


@require_POST
@member_view
def rename_question(request: Request, pk: int) -> HttpResponse:
    question = queries.get_question_for(request.membership, pk)
    question.name = parse_post(RenameForm, request).cleaned_data["name"]
    return _kept(question)


@require_POST
@manager_view
def share_question(request: Request, pk: int) -> HttpResponse:
    """Make a question of the manager's own one of the organisation."""
    question = queries.get_question_for(request.membership, pk)
    question.owner = None
    return _kept(question)


@require_POST
@member_view
def delete_question(request: Request, pk: int) -> HttpResponse:
    question = queries.get_question_for(request.membership, pk)
    question.delete()
    return redirect(_address(question))


def _kept(question: SavedQuestion) -> HttpResponse:
    """Store a question, unless its name is taken or there are too many."""
    if queries.is_full(question):
        raise UserError("No more questions can be saved for this list.", "Delete some that nobody needs.")
    try:
        with transaction.atomic():
            question.save()
    except IntegrityError:
        raise UserError(f"Another question is called {question.name}.", "Choose another name.") from None
    return redirect(_address(question))


def _address(question: SavedQuestion) -> str:
    return reverse(f"history:{question.asked}") + query_of(question.line)
