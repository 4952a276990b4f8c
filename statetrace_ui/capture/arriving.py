"""What the source's page tells of transactions that arrive before they can be stored."""

from statetrace_ui.history.models import Source
from statetrace_ui.wal.assembler import Assembler

MOST_TOLD = 10


def told(assembler: Assembler) -> list[dict[str, object]]:
    """The largest, as `Source.arriving` keeps them."""
    largest = sorted(assembler.arriving, key=lambda one: len(one.changes), reverse=True)[:MOST_TOLD]
    return [{"xid": one.xid, "rows": len(one.changes), "since": one.since.isoformat()} for one in largest]


def forget(source: Source) -> None:
    """The stream has ended; what had arrived will come again."""
    Source.objects.filter(pk=source.pk).exclude(arriving=[]).update(arriving=[])
