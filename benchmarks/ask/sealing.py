"""How long partitions take to be sealed and indexed, and what the indexes take on disk."""

import time

SIZES = """
SELECT sum(rows), (SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relname LIKE 'history_change_%_search')
FROM history_partition WHERE sealed_at IS NOT NULL
"""


def seal(indexed: bool = False) -> None:
    """Seal all full partitions; indexed: and make their search indexes."""
    from django.db import connection

    from statetrace_ui.history import partitions
    from statetrace_ui.history.search.building import build_missing

    begun = time.perf_counter()
    done = build_missing() if indexed else partitions.seal_full()
    taken = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        rows, size = cursor.fetchone()
    if not rows:
        print("No partition is full yet.")
        return
    print(
        f"{len(done)} partitions {'indexed' if indexed else 'sealed'}: {taken / float(rows) * 1e6:.1f} s a million rows"
    )
    if indexed:
        print(f"search indexes: {size / rows:.0f} bytes a row", flush=True)
