"""One object of history by its id, for a member of an organisation. Another organisation's objects raise Http404."""

from django.shortcuts import get_object_or_404

from statetrace_ui.history.models import Action, Change, Session, Source
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.web.models import Organisation


def get_source_for(organisation: Organisation, pk: int) -> Source:
    return get_object_or_404(Source, organisation=organisation, pk=pk)


def get_session_for(organisation: Organisation, pk: int) -> Session:
    return get_object_or_404(Session.objects.select_related("source"), source__organisation=organisation, pk=pk)


def get_action_for(organisation: Organisation, pk: int) -> Action:
    actions = Action.objects.select_related("source", "session", "transaction")
    return get_object_or_404(actions, source__organisation=organisation, pk=pk)


def get_change_for(organisation: Organisation, pk: int) -> Change:
    return get_object_or_404(listed_changes(), source__organisation=organisation, pk=pk)
