"""What changes take on disk, beside what the same rows took before they had partitions."""

# What the same rows took before they had partitions: names in each row, rows as jsonb, six indexes.
FORMER = """
CREATE TABLE former_change (
    id bigint PRIMARY KEY, sequence bigint NOT NULL, kind varchar(1) NOT NULL, schema_name varchar(63) NOT NULL,
    table_name varchar(63) NOT NULL, record_key text NOT NULL, old_record_key text NOT NULL, old jsonb, new jsonb,
    unchanged jsonb NOT NULL, committed_at timestamptz NOT NULL, relation_id bigint NOT NULL, source_id bigint NOT NULL,
    transaction_id bigint NOT NULL, cut jsonb);
CREATE INDEX ON former_change (source_id, kind, id DESC);
CREATE INDEX ON former_change (source_id, schema_name, table_name, kind, id DESC);
CREATE INDEX ON former_change (transaction_id, sequence);
CREATE INDEX ON former_change (source_id, schema_name, table_name, record_key, id DESC);
CREATE INDEX ON former_change (source_id, schema_name, table_name, old_record_key, id DESC) WHERE old_record_key <> '';
INSERT INTO former_change
SELECT c.id, c.id - x.first_change, c.kind, t.schema_name, t.table_name, c.record_key, c.old_record_key,
       CASE WHEN c.old IS NOT NULL THEN jsonb_build_object('id', c.old[1]) END,
       CASE WHEN c.new IS NOT NULL THEN jsonb_object('{id,customer,state,total,note,made_at}', c.new) END,
       '[]', x.committed_at, c.relation_id, c.source_id, c.transaction_id, NULL
FROM history_change c
JOIN history_table t ON t.source_id = c.source_id AND t.id = c.table_id
JOIN history_transaction x ON x.source_id = c.source_id AND x.id = c.transaction_id
ORDER BY c.id;
"""
BYTES_NOW = """
SELECT sum(pg_table_size(inhrelid)), sum(pg_indexes_size(inhrelid)) FROM pg_inherits
WHERE inhparent IN ('history_change_stream'::regclass, 'history_change_baseline'::regclass)
"""


def print_sizes(with_former: bool) -> None:
    from django.db import connection

    from statetrace_ui.history import partitions

    with connection.cursor() as cursor:
        partitions.seal_full()
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM history_change")
        rows = cursor.fetchone()[0]
        cursor.execute(BYTES_NOW)
        table, indexes = cursor.fetchone()
        now = float(table + indexes) / rows
        print(f"{'bytes a row':34}{'table':>10}{'indexes':>10}{'all':>10}")
        print(f"{'partitions':34}{table / rows:>10.0f}{indexes / rows:>10.0f}{now:>10.0f}")
        if not with_former:
            return
        cursor.execute(FORMER)
        cursor.execute("SELECT pg_table_size('former_change'), pg_indexes_size('former_change')")
        table, indexes = cursor.fetchone()
        then = (table + indexes) / rows
        print(f"{'the former layout, same rows':34}{table / rows:>10.0f}{indexes / rows:>10.0f}{then:>10.0f}")
        print(f"{'ratio (at most 0.60)':34}{'':>20}{now / then:>10.2f}", flush=True)
        cursor.execute("DROP TABLE former_change")
