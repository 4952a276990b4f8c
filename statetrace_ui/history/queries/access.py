"""One object of history by its id, for a member of an organisation. Another organisation's objects raise Http404."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from statetrace_ui.history.models import Action, Change, Session, Source, Transaction
from statetrace_ui.history.queries.actions import first_actions
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.excerpts import ON_ITS_PAGE
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.row_arrays import named
from statetrace_ui.web.models import Organisation


def get_source_for(organisation: Organisation, pk: int) -> Source:
    return get_object_or_404(Source, organisation=organisation, pk=pk)


def get_session_for(organisation: Organisation, pk: int) -> Session:
    return get_object_or_404(Session.objects.select_related("source"), source__organisation=organisation, pk=pk)


def get_action_for(organisation: Organisation, pk: int) -> Action:
    actions = Action.objects.select_related("source", "session", "transaction")
    return get_object_or_404(actions, source__organisation=organisation, pk=pk)


def get_transaction_for(organisation: Organisation, pk: int) -> Transaction:
    """With its source and `first_actions`."""
    transactions = Transaction.objects.select_related("source").prefetch_related(first_actions("actions"))
    return get_object_or_404(transactions, source__organisation=organisation, pk=pk)


def get_change_for(organisation: Organisation, pk: int) -> Change:
    return get_object_or_404(listed_changes(ON_ITS_PAGE), source__organisation=organisation, pk=pk)


def get_source_of_change_for(organisation: Organisation, pk: int) -> Source:
    return get_change_for(organisation, pk).source


def get_value_for(organisation: Organisation, pk: int, side: str, column: str) -> str:
    """One value of a change's row, whole. side: "old" or "new". Raises Http404, also for NULL and what was not sent."""
    rows = joined(Change.objects.all(), "relation", without=["old", "new"])
    change = get_object_or_404(rows, source__organisation=organisation, pk=pk)
    known = named(change.columns, range(len(change.columns)), getattr(change, f"{side}_absent"))
    if known is None or column not in known:
        raise Http404
    stored = Change.objects.filter(source=change.source_id, baseline=change.baseline, pk=change.pk)
    value: str | None = stored.values_list(f"{side}__{known[column]}", flat=True).get()
    if value is None:
        raise Http404
    return value
