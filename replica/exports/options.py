"""What of a flow is exported and when: its own settings, or else those of its organisation."""

from collections.abc import Sequence
from dataclasses import dataclass

from replica.exports.models import ExportDefaults, UserFlowExport
from replica.schema.table_types import ALWAYS, TABLE_TYPES
from statetrace_ui.web.models import Organisation


@dataclass(frozen=True)
class Options:
    """What holds for one export. tables: those that are filled. keep_days, keep_newest: None: no limit."""

    autosync: bool
    tables: frozenset[str]
    keep_days: int | None
    keep_newest: int | None

    @property
    def is_limited(self) -> bool:
        return self.keep_days is not None or self.keep_newest is not None


def defaults_of(organisation_id: int) -> ExportDefaults:
    """The organisation's defaults, as they are before anybody has changed one if there are none yet."""
    known = ExportDefaults.objects.filter(organisation=organisation_id).first()
    return known or ExportDefaults(organisation_id=organisation_id)


def options_of(export: UserFlowExport, defaults: ExportDefaults | None = None) -> Options:
    """What holds for the export. defaults: those of its organisation, where they were read already."""
    defaults = defaults or defaults_of(export.organisation_id)
    limits = export if export.keeps_own else defaults
    types = defaults.table_types if export.table_types is None else export.table_types
    return Options(
        autosync=defaults.autosync if export.autosync is None else export.autosync,
        tables=tables_of(types),
        keep_days=limits.keep_days,
        keep_newest=limits.keep_newest,
    )


def tables_of(table_types: Sequence[str] | None) -> frozenset[str]:
    """The tables of the types, and those without which nothing says what a replica holds. None: all."""
    if table_types is None:
        return frozenset(TABLE_TYPES.values())
    return frozenset(TABLE_TYPES[one] for one in {*ALWAYS, *table_types} if one in TABLE_TYPES)


def followers(organisation: Organisation) -> list[UserFlowExport]:
    """The exports of the organisation, to its own replica and elsewhere."""
    return list(UserFlowExport.every.filter(organisation=organisation).order_by("pk"))
