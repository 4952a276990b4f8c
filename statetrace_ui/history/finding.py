"""Finds records by a few words, as rows of lists."""

from statetrace_ui.history.change_rows import ChangeRow, rows_of
from statetrace_ui.history.models import Change
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.ranges import fetched
from statetrace_ui.history.search import records
from statetrace_ui.web.models import Organisation

MOST_RECORDS = 8


def found_records(organisation: Organisation, text: str) -> list[ChangeRow]:
    """The newest change of each record that the words name: `68`, `order 68`, or a label."""
    found = records(organisation, text.split(), MOST_RECORDS)
    places = [(one.source.pk, one.change_id, one.kind == Change.Kind.BASELINE) for one in found]
    return rows_of(fetched(listed_changes(), places, MOST_RECORDS).rows)
