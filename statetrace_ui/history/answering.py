"""The one way from a list of changes to its answer: ranges of an index if these hold what is asked, or a search."""

from collections.abc import Iterator
from dataclasses import replace

from statetrace_ui.history.models import Change, Transaction
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.gaps import gap_ranges
from statetrace_ui.history.queries.ranges import Places, Range, all_places, newest, newest_in
from statetrace_ui.history.queries.transaction_lists import newest_transactions, read_transactions
from statetrace_ui.history.question.terms import Choice, Question
from statetrace_ui.history.search import Answer, every, lowered
from statetrace_ui.history.search import changes as search
from statetrace_ui.history.search.scope import LISTED, Scope, scope_of
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import M, Page

ANY = Question()
NOTHING = Choice()
LIVE_LIMIT = 100


def changes(organisation: Organisation, question: Question = ANY, cursor: str = "") -> Answer[Change]:
    """The newest changes first. Rows of a baseline are listed only if they are asked for by their kind."""
    if not _is_of_ranges(question):
        return search(organisation, question, cursor)
    return _whole(newest_in(listed_changes(), _ranges(scope_of(organisation, question)), cursor))


def new_changes(organisation: Organisation, after: int, question: Question = ANY) -> tuple[Page[Change], int]:
    """The newest LIVE_LIMIT changes with ids above `after`, and the id after which to ask next.

    The page's `older` is set if there are more.
    """
    looked_at = newest_looked_at(organisation, question)
    if looked_at:
        page = search(organisation, question, size=LIVE_LIMIT, after=after).page
    else:
        page = newest_in(listed_changes(), _ranges(scope_of(organisation, question, after)), size=LIVE_LIMIT)
    return page, max(after, looked_at, page.rows[0].id if page else 0)


def can_group(organisation: Organisation, question: Question) -> bool:
    """Whether the changes that a question means can be listed by transaction: all but those of baselines."""
    return not set(scope_of(organisation, question).kinds) & set(Change.OF_BASELINES)


def transactions(organisation: Organisation, question: Question, cursor: str = "") -> Answer[Transaction]:
    """The newest transactions with changes that a question means which can be grouped."""
    if not _is_of_ranges(question):
        return _by_transaction(search(organisation, question, cursor))
    return _whole(newest_transactions(_ranges(scope_of(organisation, question)), cursor))


def new_transactions(organisation: Organisation, after: int, question: Question) -> tuple[Page[Transaction], int]:
    """Those with changes of ids above `after`, and the id after which to ask next; as `new_changes`."""
    looked_at = newest_looked_at(organisation, question)
    if looked_at:
        page = _by_transaction(search(organisation, question, size=LIVE_LIMIT, after=after)).page
    else:
        page = newest_transactions(_ranges(scope_of(organisation, question, after)), size=LIVE_LIMIT)
    return page, max(after, looked_at, page.rows[0].last_change or 0 if page else 0)


def _whole(page: Page[M]) -> Answer[M]:
    """Of a list that looks at nothing but what it shows."""
    return Answer(page, complete=not page.older, full=bool(page.older), reached=0, reached_at=None)


def _by_transaction(answer: Answer[Change]) -> Answer[Transaction]:
    """The same with each transaction once: what follows goes on below the whole of the last one."""
    keys = dict.fromkeys((change.source_id, change.transaction_id) for change in answer.page.rows)
    found = read_transactions(list(keys))
    older = answer.page.older
    if older and found and found[-1].first_change is not None:
        older = lowered(older, found[-1].first_change)
    return Answer(Page(found, older), answer.complete, answer.full, answer.reached, answer.reached_at)


def places(organisation: Organisation, question: Question = ANY) -> Iterator[Places]:
    """Where all changes are that `changes` lists page by page, newest first, some at a time."""
    if _is_of_ranges(question):
        return all_places(_ranges(scope_of(organisation, question)))
    return every(organisation, question)


def newest_looked_at(organisation: Organisation, question: Question) -> int:
    """The newest id that a search which begins now looks at, so that the next one need not; 0 where ranges answer."""
    if _is_of_ranges(question):
        return 0
    places = newest([Range(source.pk) for source in scope_of(organisation, question).sources], 1)
    return places[0][1] if places else 0


def _is_of_ranges(question: Question) -> bool:
    """Whether it asks for nothing but sources, tables, kinds and a time."""
    of_ranges = {"sources": NOTHING, "tables": NOTHING, "kinds": NOTHING, "start": None, "end": None, "gap": None}
    return replace(question, **of_ranges) == ANY  # type: ignore[arg-type]


def _ranges(scope: Scope) -> Iterator[Range]:
    """One range for each source; for each table and kind of it where these are asked for.

    Gaps are in every list that they touch: what is asked for may be what was missed.
    """
    narrowed = scope.tables is not None or scope.kinds != LISTED or not scope.with_gaps
    start, end = scope.question.start, scope.question.end
    if scope.with_gaps and (narrowed or start or end):
        for source in scope.sources:
            yield from gap_ranges(source, start, end, scope.after)
    for part in scope.parts:
        if narrowed:
            tables = [one.pk for one in scope.all_tables if one.source_id == part.source_id]
            asked = [one for one in tables if scope.tables is None or one in scope.tables]
            for table in asked:
                yield from (Range(part.source_id, table, kind, first=part.first, end=part.end) for kind in scope.kinds)
        else:
            yield Range(part.source_id, first=part.first, end=part.end)
