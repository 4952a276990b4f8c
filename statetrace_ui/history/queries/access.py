"""One object of history by its id, for a member of an organisation. Another organisation's objects raise Http404."""

from django.db.models import F, Func, TextField, Value
from django.http import Http404
from django.shortcuts import get_object_or_404

from statetrace_ui.history.models import Action, Change, Session, Source
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.excerpts import ON_ITS_PAGE
from statetrace_ui.web.models import Organisation


def get_source_for(organisation: Organisation, pk: int) -> Source:
    return get_object_or_404(Source, organisation=organisation, pk=pk)


def get_session_for(organisation: Organisation, pk: int) -> Session:
    return get_object_or_404(Session.objects.select_related("source"), source__organisation=organisation, pk=pk)


def get_action_for(organisation: Organisation, pk: int) -> Action:
    actions = Action.objects.select_related("source", "session", "transaction")
    return get_object_or_404(actions, source__organisation=organisation, pk=pk)


def get_change_for(organisation: Organisation, pk: int) -> Change:
    return get_object_or_404(listed_changes(ON_ITS_PAGE), source__organisation=organisation, pk=pk)


def get_source_of_change_for(organisation: Organisation, pk: int) -> Source:
    return get_object_or_404(Source, organisation=organisation, change=pk)


def get_value_for(organisation: Organisation, pk: int, side: str, column: str) -> str:
    """One value of a change's row, whole. side: "old" or "new". Raises Http404, also for NULL and what was not sent."""
    change = get_object_or_404(Change.objects.only("pk"), source__organisation=organisation, pk=pk)
    # Not a key transform of Django's, which takes the name "7" for the index of an array.
    member = Func(F(side), Value(column), function="jsonb_extract_path_text", output_field=TextField())
    value: str | None = Change.objects.filter(pk=change.pk).values_list(member, flat=True).get()
    if value is None:
        raise Http404
    return value
