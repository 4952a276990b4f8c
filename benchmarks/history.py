"""A history of many changes: bytes a row beside the former layout, and how long pages take at two sizes.

Changes are stored by the store's own writer, in flushes of annotated transactions, as capture does it.

Run: python -m benchmarks.history [--sizes 300000 1000000] [--partition-ids N] [--folder DIR] [--visits 40].
Everything on one embedded server of its own. Each size is reached by going on from the one before.
"""

import argparse
import datetime as dt
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

TABLES, SOURCES, RECORDS = 12, 3, 50_000
PER_TRANSACTION, PER_FLUSH, PER_SESSION = 10, 200, 20
BASELINE_SHARE = 10  # one of so many changes is a row of a baseline
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(
        prefix="statetrace-benchmark-", dir=options.folder, ignore_cleanup_errors=True
    ) as home:
        Path(home).chmod(0o755)
        os.environ.update(STATETRACE_HOME=home, DJANGO_SETTINGS_MODULE="statetrace_ui.settings", LOG_LEVEL="ERROR")
        import django

        django.setup()
        _run(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[300_000, 1_000_000])
    parser.add_argument("--partition-ids", type=int, default=0, help="0: as the settings say")
    parser.add_argument("--folder", default=None)
    parser.add_argument("--visits", type=int, default=40)
    return parser.parse_args()


def _run(options: argparse.Namespace) -> None:
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    if options.partition_ids:
        settings.HISTORY_PARTITION_IDS = options.partition_ids
    call_command("migrate", verbosity=0)
    filler = Filler()
    taken: dict[int, dict[str, float]] = {}
    for size in options.sizes:
        begun, before = time.perf_counter(), filler.stored
        filler.fill(size)
        rate = (filler.stored - before) / (time.perf_counter() - begun)
        print(f"\n{filler.stored:,} changes, {rate:,.0f} a second through the store", flush=True)
        _print_sizes(size == options.sizes[0])
        taken[size] = _visit_all(filler, options.visits)
    _print_times(taken)


class Filler:
    """Some sources with rows like those of a small shop."""

    def __init__(self) -> None:
        from statetrace_ui.history.models import Source
        from statetrace_ui.wal.records import Column, Relation
        from statetrace_ui.web.models import Organisation

        self.organisation = Organisation.objects.create(name="Benchmark", slug="benchmark")
        self.sources = [
            Source.objects.create(organisation=self.organisation, name=f"shop {n}", slot_name=f"s{n}")
            for n in range(SOURCES)
        ]
        types = [
            ("id", "bigint"),
            ("customer", "text"),
            ("state", "text"),
            ("total", "numeric(12,2)"),
            ("note", "text"),
        ]
        columns = tuple(Column(name, kind, name == "id") for name, kind in [*types, ("made_at", "timestamptz")])
        self._tables = [Relation(n, "public", f"table_{n}", "d", columns) for n in range(1, TABLES + 1)]
        notes = tuple(Column(name, "text", name == "id") for name in ("id", "kind", "payload"))
        self._notes = Relation(99, "public", "statetrace_annotations", "d", notes)
        self.stored, self._random, self._number = 0, random.Random(7), 0

    def fill(self, size: int) -> None:
        from statetrace_ui.history.store import store

        while self.stored < size:
            source = self.sources[self._number // PER_FLUSH % SOURCES]
            transactions = [self._transaction() for _ in range(PER_FLUSH)]
            self.stored += store(source, transactions).changes

    def _transaction(self) -> Any:
        from statetrace_ui.wal.records import Transaction

        self._number += 1
        at = START + dt.timedelta(seconds=self._number)
        lsn = self._number * 1000
        is_baseline = self._number % BASELINE_SHARE == 0
        changes = list(self._rows(is_baseline))
        if not is_baseline:
            changes.append(self._action())
        kind: Any = "baseline" if is_baseline else "commit"
        return Transaction(lsn, lsn + 100, at, changes, self._number, kind)

    def _rows(self, is_baseline: bool) -> Iterator[Any]:
        from statetrace_ui.wal.records import row_change

        table = self._random.choice(self._tables)
        for _ in range(PER_TRANSACTION):
            key = str(self._random.randrange(RECORDS))
            row: dict[str, str | None] = {
                "id": key,
                "customer": f"customer {key}",
                "state": self._random.choice(["new", "paid", "sent", "returned"]),
                "total": f"{self._random.random() * 1000:.2f}",
                "note": 'as the customer wishes, with {care} and "thanks"',
                "made_at": "2026-03-14 12:00:00.123456+00",
            }
            kind: Any = "B" if is_baseline else self._random.choices("IUD", (2, 7, 1))[0]
            if kind == "D":
                yield row_change(table, kind, old={"id": key})
            else:
                yield row_change(table, kind, new=row)

    def _action(self) -> Any:
        import json

        from statetrace_ui.wal.records import row_change

        payload = {"action_session_id": f"s{self._number // PER_SESSION}", "action_url": "/orders/7/pay"}
        note: dict[str, str | None] = {"id": f"a{self._number}", "kind": "_st.app.act", "payload": json.dumps(payload)}
        return row_change(self._notes, "I", new=note)


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


def _print_sizes(with_former: bool) -> None:
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


def _visit_all(filler: Filler, visits: int) -> dict[str, float]:
    """{page: p95 in ms} of pages that are visited by a signed-in reader."""
    from django.contrib.auth.models import User
    from django.test import Client

    from statetrace_ui.web.models import Membership

    user, is_new = User.objects.get_or_create(username="reader")
    if is_new:
        Membership.objects.create(user=user, organisation=filler.organisation, role=Membership.Role.READER)
    client = Client()
    client.force_login(user)
    return {name: _p95(client, [next(addresses) for _ in range(visits)]) for name, addresses in _pages(filler).items()}


def _p95(client: Any, addresses: list[str]) -> float:
    taken = []
    for address in addresses:
        begun = time.perf_counter()
        response = client.get(address)
        taken.append((time.perf_counter() - begun) * 1000)
        assert response.status_code in (200, 204), (address, response.status_code)
    return quantiles(taken, n=20)[-1]


def _pages(filler: Filler) -> dict[str, Iterator[str]]:
    """Endless addresses of each page, of things spread over the whole history."""
    from urllib.parse import quote

    from statetrace_ui.history.models import Action, Change, Session
    from statetrace_ui.web.paging import encode

    chosen = random.Random(11)

    def any_of(model: Any) -> Any:
        source = chosen.choice(filler.sources)
        of_source = model.objects.filter(source=source)
        last = of_source.order_by("-id").values_list("id", flat=True)[0]
        first = of_source.order_by("id").values_list("id", flat=True)[0]
        return of_source.filter(id__gte=chosen.randint(first, last)).order_by("id")[0]

    def record() -> str:
        change = any_of(Change)
        return f"/records/{change.source_id}/?table=public.{change.table_name}&key={quote(change.record_key)}"

    def day() -> str:
        at = any_of(Action).at.date()
        return f"since={at}&until={at}"

    makers: dict[str, Any] = {
        "changes": lambda: "/changes/",
        "changes, a page far back": lambda: f"/changes/?cursor={encode([any_of(Change).pk])}",
        "changes of a source": lambda: f"/changes/?source={chosen.choice(filler.sources).pk}",
        "changes of a table": lambda: f"/changes/?table=table_{chosen.randint(1, TABLES)}",
        "changes of a kind": lambda: f"/changes/?kind={chosen.choice('IUD')}",
        "changes of a kind that is rare": lambda: "/changes/?kind=T",
        "changes of a table and kind": lambda: f"/changes/?table=table_{chosen.randint(1, TABLES)}&kind=D",
        "rows of baselines": lambda: "/changes/?kind=B",
        "changes of a day": lambda: f"/changes/?{day()}",
        "new changes (live)": lambda: f"/changes/?after={any_of(Change).pk}",
        "a change": lambda: f"/changes/{any_of(Change).pk}/",
        "a record": record,
        "sessions": lambda: "/sessions/",
        "sessions of a day": lambda: f"/sessions/?{day()}",
        "a session, with its timeline": lambda: f"/sessions/{any_of(Session).pk}/",
        "an action's changes": lambda: f"/actions/{any_of(Action).pk}/changes/",
        "a source": lambda: f"/sources/{chosen.choice(filler.sources).pk}/",
        "a table's shapes": lambda: f"/sources/{chosen.choice(filler.sources).pk}/shapes/?table=public.table_1",
    }
    return {name: iter(make, None) for name, make in makers.items()}


def _print_times(taken: dict[int, dict[str, float]]) -> None:
    sizes = list(taken)
    print(f"\n{'p95 in ms':34}" + "".join(f"{size:>14,}" for size in sizes) + f"{'ratio':>8}")
    for name in taken[sizes[0]]:
        row = [taken[size][name] for size in sizes]
        print(f"{name:34}" + "".join(f"{ms:>14.1f}" for ms in row) + f"{row[-1] / row[0]:>8.2f}")


if __name__ == "__main__":
    main()
