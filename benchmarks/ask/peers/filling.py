"""Fills the tables of both peers with the changes of a history, in the form in which the peers write them."""

from django.db import connection

from benchmarks.ask.peers.models import MODELS
from benchmarks.history.filler import RECORDS

USERS = """
INSERT INTO auth_user (username, password, is_superuser, first_name, last_name, email, is_staff, is_active, date_joined)
SELECT DISTINCT actor_id, '', false, 'First', actor_id, '', false, true, now() FROM history_session WHERE actor_id <> ''
"""
CONTEXTS = """
INSERT INTO pghistory_context (id, created_at, updated_at, metadata)
SELECT gen_random_uuid(), at, at, jsonb_build_object('url', a.url, 'user', u.id, 'transaction', a.transaction_id)
FROM history_action AS a JOIN history_session AS s ON s.source_id = a.source_id AND s.id = a.session_id
JOIN auth_user AS u ON u.username = s.actor_id ORDER BY a.id
"""
ROWS = """
CREATE UNLOGGED TABLE peer_rows AS
SELECT c.id, t.table_name, c.kind, c.baseline, (c.record_key::jsonb ->> 0)::bigint AS key, x.committed_at AS at,
    (n.metadata ->> 'user')::int AS user_id, n.id AS context_id, c.new,
    lag(c.new) OVER (PARTITION BY c.table_id, c.record_key ORDER BY c.id) AS old
FROM history_change AS c JOIN history_table AS t ON t.id = c.table_id
JOIN history_transaction AS x ON x.source_id = c.source_id AND x.id = c.transaction_id
LEFT JOIN pghistory_context AS n ON (n.metadata ->> 'transaction')::bigint = x.id
"""
OBJECTS = """
INSERT INTO {table} (id, customer, state, total, note, made_at)
SELECT n, 'customer ' || n, 'new', 0, '', now() FROM generate_series(0, {records} - 1) AS n
"""
EVENTS = """
INSERT INTO {events} (pgh_created_at, pgh_label, pgh_obj_id, pgh_context_id, id, customer, state, total, note, made_at)
SELECT at, CASE kind WHEN 'I' THEN 'insert' WHEN 'U' THEN 'update' ELSE 'delete' END, key, context_id, key,
    row[2], row[3], row[4]::numeric, row[5], row[6]::timestamptz
FROM (SELECT *, coalesce(new, old, ARRAY['', '', '', '0', '', '2026-01-01']) AS row FROM peer_rows) AS one
WHERE table_name = %s AND NOT baseline ORDER BY id
"""
LOG = """
INSERT INTO auditlog_logentry (content_type_id, object_pk, object_id, object_repr, action, changes, changes_text,
    actor_id, timestamp)
SELECT t.id, key, key, 'customer ' || key, CASE kind WHEN 'I' THEN 0 WHEN 'U' THEN 1 ELSE 2 END,
    (SELECT jsonb_object_agg(name, jsonb_build_array(coalesce(before, 'None'), coalesce(after, 'None')))
     FROM unnest('{id,customer,state,total,note,made_at}'::text[], old, new) AS field (name, before, after)
     WHERE before IS DISTINCT FROM after), '', user_id, at
FROM peer_rows JOIN django_content_type AS t ON t.app_label = 'peers' AND t.model = replace(table_name, '_', '')
WHERE NOT baseline ORDER BY peer_rows.id
"""


def fill() -> int:
    """The number of changes that each peer then has."""
    with connection.cursor() as cursor:
        for statement in (USERS, CONTEXTS, ROWS, LOG):
            cursor.execute(statement)
        for name, model in MODELS.items():
            cursor.execute(OBJECTS.format(table=model._meta.db_table, records=RECORDS))
            events = model.pgh_event_model._meta.db_table  # type: ignore[attr-defined]
            cursor.execute(EVENTS.format(events=events), [name])
        cursor.execute("DROP TABLE peer_rows")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM auditlog_logentry")
        return int(cursor.fetchone()[0])
