"""Changes that a question asks for, read as ranges of an index (`ranges.newest`)."""

from collections.abc import Iterator

from statetrace_ui.history.models import Change, Source, Table
from statetrace_ui.history.queries.change_lists import ids_of, listed_changes
from statetrace_ui.history.queries.gaps import gap_ranges
from statetrace_ui.history.queries.ranges import Range, newest_in
from statetrace_ui.history.queries.sources import chosen_sources
from statetrace_ui.history.question.matching import chosen
from statetrace_ui.history.question.names import KINDS
from statetrace_ui.history.question.terms import Question
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import Page

ANY = Question()
LIVE_LIMIT = 100
# The names of the terms that are answered so far.
NAMES_ANSWERED = frozenset({"table", "kind", "source", "gap", "since", "until", "at"})
LISTED = [word for word, code in KINDS.items() if code not in Change.OF_BASELINES]


def changes(organisation: Organisation, question: Question = ANY, cursor: str = "") -> Page[Change]:
    """The newest changes first. Rows of a baseline are listed only if they are asked for by their kind."""
    return newest_in(listed_changes(), _ranges(organisation, question), cursor)


def new_changes(organisation: Organisation, after: int, question: Question = ANY) -> Page[Change]:
    """The newest LIVE_LIMIT changes with ids above `after`; the page's `older` is set if there are more."""
    return newest_in(listed_changes(), _ranges(organisation, question, after), size=LIVE_LIMIT)


def _ranges(organisation: Organisation, question: Question, after: int = -1) -> Iterator[Range]:
    narrowed = question.tables or question.kinds or question.gap is not None
    for source in chosen_sources(organisation, question.sources):
        if question.gap is not False and (narrowed or question.start or question.end):
            yield from gap_ranges(source, question.start, question.end, after)
        period = ids_of(source, question.start, question.end)
        if period is None or question.gap:
            continue
        first, end = max(period[0], after + 1), period[1]
        if narrowed:
            yield from _of_tables(source, question, first, end)
        else:
            yield Range(source.pk, first=first, end=end)


def _of_tables(source: Source, question: Question, first: int, end: int) -> Iterator[Range]:
    words = KINDS if question.kinds.wanted else LISTED
    kinds = [KINDS[word] for word in words if chosen(question.kinds, word)]
    for table in Table.objects.filter(source=source).order_by("id"):
        names = (table.table_name, str(table), qualified_name(table.schema_name, table.table_name))
        if chosen(question.tables, *names):
            yield from (Range(source.pk, table.pk, kind, first=first, end=end) for kind in kinds)
