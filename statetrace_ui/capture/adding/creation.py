"""A draft becomes a source: capture then makes slot and publication, and reads the tables."""

from collections.abc import Collection

from django.db import transaction

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.capture.adding.drafts import NOT_TOLD
from statetrace_ui.capture.adding.models import SourceDraft
from statetrace_ui.capture.adding.survey import Survey
from statetrace_ui.capture.lifecycle import new_names
from statetrace_ui.capture.patterns import Pattern
from statetrace_ui.capture.rule_book import RuleChange, change_rules
from statetrace_ui.capture.twins import AlreadySource, twin_of
from statetrace_ui.history.models import Source
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation


def create(draft_id: int, organisation: Organisation, masked: Collection[str]) -> Source:
    """Add the source, once, whoever else does so at the same time. The draft ends with it.

    masked: which of the columns that look secret are to be masked, as patterns; the others are kept in clear. Rules
    hold before anything is read. Raises UserError.
    """
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        draft = SourceDraft.objects.filter(pk=draft_id, organisation=organisation).first()
        if draft is None:
            raise UserError("This source was added already, or its draft removed.", "Look among the sources.", 404)
        _require_new(draft)
        source = Source.objects.create(
            organisation=organisation,
            name=draft.name,
            url=draft.url,
            system_identifier=draft.system_identifier.replace(NOT_TOLD, ""),
            **new_names(),
        )
        change_rules(source, _kept(draft, masked))
        record(Event.SOURCE_ADDED, source, organisation=organisation)
        draft.delete()
    return source


def _kept(draft: SourceDraft, masked: Collection[str]) -> list[RuleChange]:
    secrets = Survey.from_json(draft.survey).secrets
    return [(Pattern.parse(secret.pattern), "keep") for secret in secrets if secret.pattern not in masked]


def _require_new(draft: SourceDraft) -> None:
    """Raises UserError if the draft is not ready, or its name or its database a source's."""
    if not draft.is_ready:
        raise UserError("The database is not ready to be captured.", "Mend what the checks name, then check again.")
    sources = Source.objects.filter(organisation=draft.organisation)
    if sources.filter(name=draft.name).exists():
        raise UserError("There is a source of this name already.", "Remove this draft, or open that source.")
    # The check has judged all that were there before it.
    checked = draft.checked_at or draft.asked_at
    twin = twin_of(draft.organisation, draft.system_identifier, draft.database, lambda one: one.added_at < checked)
    if twin:
        raise AlreadySource(twin)
