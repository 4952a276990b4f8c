"""The store's hand on the chain: what one transaction of the store writes becomes links in that same transaction."""

from collections.abc import Iterable, Iterator, Sequence

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain import lines
from statetrace_ui.history.chain.canonical import Kind, Section, row_id, row_key
from statetrace_ui.history.chain.collector import Collector
from statetrace_ui.history.chain.links import NO_PARTS, append, key_or_new, locked_head
from statetrace_ui.history.chain.states import RowStates

MOST_NOTES = 50_000  # of one link
CHUNK_LINES = 5_000


class ChainOvertaken(Exception):
    """Somebody else has stored rows of this source meanwhile. What was not stored is stored at the next try."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class ChainWriter:
    """Collects what is written, and extends the chain by it. `extend` comes last in a transaction: it locks the chain.

    Lines of changes and transactions are taken as they are written, which is what COPY reads of them. Of the other
    rows, which are far fewer, only ids are taken, and the rows are read back.
    """

    def __init__(self, cursor: CursorWrapper, source_id: int, kind: Kind = Kind.ROWS) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._kind = kind
        own_key = row_key(key_or_new(cursor, source_id))
        self._collector = Collector(own_key)
        self._actions: list[int] = []
        self._states = RowStates(cursor, source_id, own_key)

    def add_changes(self, written: Sequence[bytes], baseline: bool = False) -> None:
        """written: whole lines in the order of ids, all of the same branch, as COPY reads them back."""
        self.add(Section.BASELINE if baseline else Section.CHANGES, written)

    def add(self, section: Section, written: Sequence[bytes]) -> None:
        """Lines of a section of RANGED in the order of ids, which follow those that the chain covers."""
        self._collector.add(section, written)

    def add_transactions(self, written: Sequence[bytes]) -> None:
        """written: whole lines in the order of ids, as COPY reads them back."""
        self.add(Section.TRANSACTIONS, written)

    def add_actions(self, ids: Iterable[int]) -> None:
        self._actions += ids

    def before(self, section: Section, ids: Iterable[int]) -> None:
        """To be called before rows of sessions or shapes are altered."""
        self._states.remember(section, ids)

    def added(self, section: Section, ids: Iterable[int]) -> None:
        """Sessions or shapes that are new."""
        self._states.add(section, ids)
        if len(self._states) >= MOST_NOTES:
            self.extend()

    def extend(self) -> None:
        """Add links over everything collected so far; none if that is nothing."""
        self._read_actions()
        notes, first_ids = self._states.notes(), self._collector.first_ids()
        parts = self._collector.parts()
        if not parts and not notes:
            return
        head = locked_head(self._cursor, self._source_id, first_ids)
        if any(first <= head.link.part(section).through for section, first in first_ids.items()):
            raise ChainOvertaken
        for part in parts[:-1]:
            head = append(self._cursor, head, self._kind, part)
        append(self._cursor, head, self._kind, parts[-1] if parts else NO_PARTS, notes)

    def _read_actions(self) -> None:
        if not self._actions:
            return
        wanted, section = set(self._actions), Section.ACTIONS
        found = lines.between(self._cursor, section, self._source_id, min(wanted) - 1, max(wanted))
        for chunk in chunks(line for line in found if row_id(line) in wanted):
            self._collector.add(section, chunk)
        self._actions.clear()


def chunks(found: Iterable[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    for line in found:
        chunk.append(line)
        if len(chunk) == CHUNK_LINES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
