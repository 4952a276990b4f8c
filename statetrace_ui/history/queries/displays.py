"""How tables are shown, where somebody chose it."""

from collections.abc import Iterable

from statetrace_ui.history.models import Change, Source, Table, TableDisplay


def displays_of(changes: Iterable[Change]) -> dict[tuple[int, int | None], TableDisplay]:
    """{(source id, table id): what was chosen}, of the changes' tables."""
    tables = {(change.source_id, change.table_id) for change in changes if change.table_id}
    if not tables:
        return {}
    sources, ids = zip(*tables, strict=True)
    found = TableDisplay.objects.filter(source__in=set(sources), table_id__in=set(ids))
    return {(display.source_id, display.table_id): display for display in found}


def display_of(source: Source, table: tuple[str, str]) -> TableDisplay | None:
    """What was chosen for the table of that name, or a display without any choice; None if no such table is known."""
    known = Table.objects.filter(source=source, schema_name=table[0], table_name=table[1]).first()
    if known is None:
        return None
    chosen = TableDisplay.objects.filter(source=source, table_id=known.pk).first()
    return chosen or TableDisplay(source=source, table_id=known.pk)
