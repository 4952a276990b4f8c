"""Chooses where a source's annotations come from: its annotation table, and messages too if the operator says so.

Only one table counts, the one that the operator names, else the one that is there: anybody who may create a table could
otherwise attribute changes to somebody else.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from statetrace_ui.accounts import security_log
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history.annotation_table import TABLE_NAME, TableName, find
from statetrace_ui.history.models import Source
from statetrace_ui.history.table_names import split_name
from statetrace_ui.installation import command
from statetrace_ui.wal.catalog import Table
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.wal.snapshot import Report


def choose(source: Source, tables: Sequence[Table], wanted: str, report: Report) -> None:
    """Save the choice at the source. wanted: `schema.table`, or '' to keep an earlier choice or take what is found.

    Raises SourceError if `wanted` does not exist.
    """
    names = [TableName(table.schema_name, table.table_name) for table in tables]
    if chosen := _named(names, wanted) if wanted else _kept_or_found(source, names):
        source.annotation_schema, source.annotation_table = chosen
        source.save(update_fields=["annotation_schema", "annotation_table"])
    others = [str(name) for name in names if name.table_name == TABLE_NAME and name != chosen]
    if chosen and others:
        report(
            f"Note: annotations are read from {chosen} alone. Also there, and captured as ordinary tables:"
            f" {', '.join(others)}. `{command(f'choose_annotations {source.name} SCHEMA.TABLE')}` chooses another one."
        )


def take_messages(source: Source, taken: bool) -> bool:
    """Say whether messages count, from the next change on that is stored. Returns whether that is new.

    A running worker opens its stream anew, as after a change of column rules: at the place up to which all is stored.
    """
    with transaction.atomic():
        locked = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        if locked.annotation_messages == taken:
            return False
        locked.annotation_messages = taken
        locked.rules_revision = F("rules_revision") + 1
        locked.save(update_fields=["annotation_messages", "rules_revision"])
        subject = f"{source}: {'messages count' if taken else 'messages do not count'} as annotations"
        security_log.record(Event.SOURCE_CHANGED, subject, organisation=source.organisation)
    source.refresh_from_db(fields=["annotation_messages", "rules_revision"])
    return True


def _named(names: Sequence[TableName], wanted: str) -> TableName:
    schema_and_table = split_name(wanted)
    for name in names:
        if name == schema_and_table:
            return name
    raise SourceError(
        f"There is no table {wanted}. Give the annotation table as SCHEMA.TABLE, e.g. public.{TABLE_NAME}."
    )


def _kept_or_found(source: Source, names: Sequence[TableName]) -> TableName | None:
    kept = TableName(source.annotation_schema, source.annotation_table)
    return kept if kept in names else find(names)
