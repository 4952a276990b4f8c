"""Changes what is exported and when: the defaults of an organisation, and an export's own settings."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from replica.exports import state
from replica.exports.models import ExportDefaults, UserFlowExport
from replica.exports.options import defaults_of, followers, options_of
from replica.schema.table_types import CHOOSABLE
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.web.models import Organisation


@dataclass(frozen=True)
class Choice:
    """table_types: None: all of them, or as the default says. keep_days, keep_newest: None: no limit."""

    table_types: list[str] | None = None
    keep_days: int | None = None
    keep_newest: int | None = None


def choice_of(data: Mapping[str, Any]) -> Choice:
    """The choice in a form's cleaned data. All types are no choice: one that is added later belongs to it."""
    types = None if set(data["table_types"]) == set(CHOOSABLE) else list(data["table_types"])
    return Choice(types, data["keep_days"], data["keep_newest"])


def set_defaults(
    organisation: Organisation, autosync: bool, choice: Choice, by_mail: bool, endpoint: Endpoint | None
) -> ExportDefaults:
    """Change what holds where an export has no setting of its own. Raises UserError (503) if a target does not answer.

    What then is to be exported otherwise is copied anew by the next sync, which begins at once where AutoSync is on.
    """
    exports = followers(organisation)
    with transaction.atomic(), _copied_anew(exports):
        defaults = defaults_of(organisation.pk)
        defaults.autosync, defaults.by_mail, defaults.endpoint = autosync, by_mail, endpoint
        _apply(defaults, choice)
        record(Event.EXPORT_OPTIONS_CHANGED, "defaults", organisation=organisation)
    state.begin_waiting(exports)
    return defaults


def set_own(export: UserFlowExport, own_tables: bool, own_limits: bool, choice: Choice) -> None:
    """Give an export settings of its own, or let it follow the defaults again. Raises UserError (503) as above."""
    with transaction.atomic(), _copied_anew([export]):
        export.keeps_own = own_limits
        limits = choice if own_limits else Choice()
        everything = choice.table_types is None
        types = (CHOOSABLE if everything else choice.table_types) if own_tables else None
        _apply(export, Choice(types, limits.keep_days, limits.keep_newest))
        record(Event.EXPORT_OPTIONS_CHANGED, str(export), organisation=export.organisation)
    state.begin_waiting([export])


def _apply(row: ExportDefaults | UserFlowExport, choice: Choice) -> None:
    row.table_types, row.keep_days, row.keep_newest = choice.table_types, choice.keep_days, choice.keep_newest
    row.save()


@contextmanager
def _copied_anew(exports: Sequence[UserFlowExport]) -> Iterator[None]:
    """Around a change: exports whose tables it changes are marked to be copied anew."""
    before = [options_of(export).tables for export in exports]
    yield
    for export, tables in zip(exports, before, strict=True):
        if options_of(export).tables != tables:
            state.copy_again(export)
