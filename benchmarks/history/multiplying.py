"""Multiplies a history that the store has written: the same rows again, with later ids and times and other keys.

The server copies its own rows, so that they have the form in which capture writes them and take a fraction of the time.
The chain does not cover the copies.
"""

from typing import Any

from benchmarks.history.filler import PER_SESSION, RECORDS, Filler

MOVED = 7_919  # between the key of a row and that of its next copy
LAST = """
SELECT (SELECT max(id) FROM history_change), (SELECT max(id) FROM history_transaction),
       (SELECT max(id) FROM history_action), (SELECT max(id) FROM history_session)
"""
COPIES = """
INSERT INTO history_session (id, source_id, key, actor_id, actor_full_name, actor_email, actor_avatar,
    client_user_agent, application_id, application_type, meta, payload, announced, started_at, last_at, action_count,
    change_count)
SELECT id + {copy} * {session}, source_id, 's' || substr(key, 2)::int + {copy} * {number} / {per_session}, actor_id,
    actor_full_name, actor_email, actor_avatar, client_user_agent, application_id, application_type, meta, payload,
    announced, started_at + {later}, last_at + {later}, action_count, change_count
FROM history_session WHERE id <= {session} ORDER BY id;

INSERT INTO history_transaction (id, source_id, kind, era, commit_lsn, end_lsn, xid, committed_at, change_count,
    first_change, last_change, outside)
SELECT id + {copy} * {transaction}, source_id, kind, era, commit_lsn + {copy} * {number} * 1000::bigint,
    end_lsn + {copy} * {number} * 1000::bigint, xid + {copy} * {number}, committed_at + {later}, change_count,
    first_change + {copy} * {change}, last_change + {copy} * {change}, outside
FROM history_transaction WHERE id <= {transaction} ORDER BY id;

INSERT INTO history_action (id, source_id, session_id, transaction_id, key, url, method, version, length_ms, parent_key,
    meta, payload, at, change_count)
SELECT id + {copy} * {action}, source_id, session_id + {copy} * {session}, transaction_id + {copy} * {transaction},
    'a' || substr(key, 2)::int + {copy} * {number}, url, method, version, length_ms, parent_key, meta, payload,
    at + {later}, change_count
FROM history_action WHERE id <= {action} ORDER BY id;

INSERT INTO history_change (id, source_id, transaction_id, relation_id, table_id, kind, baseline, record_key,
    old_record_key, old, new, old_absent, new_absent)
SELECT id + {copy} * {change}, source_id, transaction_id + {copy} * {transaction}, relation_id, table_id, kind,
    baseline, '["' || row.key || '"]', '', CASE WHEN old IS NOT NULL THEN array[row.key] || old[2:] END,
    CASE WHEN new IS NOT NULL THEN array[row.key, 'customer ' || row.key] || new[3:] END, old_absent, new_absent
FROM history_change,
     LATERAL (SELECT ((coalesce(new[1], old[1])::int + {copy} * {moved}) % {records})::text AS key) AS row
WHERE id <= {change} ORDER BY id
"""
FINISH = """
SELECT setval('history_change_ids', (SELECT max(id) FROM history_change)),
       setval(pg_get_serial_sequence('history_transaction', 'id'), (SELECT max(id) FROM history_transaction)),
       setval(pg_get_serial_sequence('history_action', 'id'), (SELECT max(id) FROM history_action)),
       setval(pg_get_serial_sequence('history_session', 'id'), (SELECT max(id) FROM history_session));
UPDATE history_source AS s
SET position = coalesce((SELECT max(end_lsn) FROM history_transaction AS x WHERE x.source_id = s.id), 0)
"""


class Multiplier:
    """filler: what it has filled is copied."""

    def __init__(self, filler: Filler) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(LAST)
            change, transaction, action, session = cursor.fetchone()
        last = {"change": change, "transaction": transaction, "action": action, "session": session}
        constants = {"moved": MOVED, "records": RECORDS, "per_session": PER_SESSION, "number": filler.number}
        self._values: dict[str, Any] = {**last, **constants}
        self._copies, self._rows = 1, filler.stored

    @property
    def stored(self) -> int:
        return self._copies * self._rows

    def fill(self, size: int) -> None:
        """Copy until there are so many changes."""
        from django.db import connection

        while self.stored < size:
            self._copy()
        with connection.cursor() as cursor:
            cursor.execute(FINISH)

    def _copy(self) -> None:
        from django.db import connection, transaction

        from statetrace_ui.history import partitions

        seconds = self._copies * self._values["number"]
        values = {**self._values, "copy": self._copies, "later": f"interval '{seconds} s'"}
        first = self._copies * self._values["change"] + 1
        with transaction.atomic(), connection.cursor() as cursor:
            for branch in partitions.BRANCHES:
                partitions.ensure(cursor, branch, first, first + self._values["change"])
            cursor.execute(COPIES.format(**values))
        self._copies += 1
