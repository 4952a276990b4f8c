"""What an application might do to its database, at random: writes of all sorts by several at once, and DDL."""

import random
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

Database = psycopg.Connection[Any]

WORDS = (
    "'', 'NULL', 'a,b', '\"quoted\"', E'back\\\\slash', E'two\\nlines', E'tab\\t', '(x)', 'Größe', '日本',"
    " repeat('long ', 50), chr(1)"
)
# Types, each with an expression that gives a value of it; {n} is a random number.
TYPES = {
    "small": ("smallint", "{n} % 30000"),
    "number": (
        "numeric",
        "CASE {n} % 9 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' ELSE ({n} * 1.10)::text END::numeric",
    ),
    "rounded": ("numeric(12,2)", "{n} / 7.0"),
    "float": (
        "double precision",
        "CASE {n} % 9 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' ELSE (random() * {n})::text END::float8",
    ),
    "single": ("real", "random()"),
    "words": ("text", f"(ARRAY[{WORDS}])[1 + {{n}} % 12]"),
    "short": ("varchar(20)", "left(md5('{n}'), 1 + {n} % 20)"),
    "padded": ("char(8)", "left(md5('{n}'), {n} % 8)"),
    "letter": ('"char"', "'abc'::text::\"char\""),
    "bytes": ("bytea", "decode(md5('{n}'), 'hex')"),
    "yes": ("boolean", "{n} % 2 = 0"),
    "day": ("date", "CASE {n} % 9 WHEN 0 THEN 'infinity' WHEN 1 THEN '4000-01-01 BC' ELSE '2024-02-29' END::date"),
    "at": ("timestamptz", "now() - {n} * interval '1 minute'"),
    "plain_at": ("timestamp(0)", "now()"),
    "clock": ("time", "'24:00'"),
    "zoned": ("timetz", "'12:00+05:30'"),
    "span": ("interval", "{n} * interval '1 day 2 hours 3.5 seconds'"),
    "uid": ("uuid", "gen_random_uuid()"),
    "doc": ("json", '\'{{"b": 1,  "a": [{n}, null]}}\''),
    "tree": ("jsonb", """'{{"b": 1, "a": [{n}, "x\\"y"]}}'"""),
    "address": ("inet", "'10.0.0.{small}/24'"),
    "net": ("cidr", "'10.1.{small}.0/24'"),
    "mac": ("macaddr", "'08:00:2b:01:02:03'"),
    "bits": ("varbit", "{n}::bit(12)"),
    "spot": ("point", "point({n}, 0.1)"),
    "shape": ("polygon", "'((0,0),(1,{n}),(1,0))'"),
    "vector": ("tsvector", "to_tsvector('simple', 'a b {n}')"),
    "range": ("int4range", "int4range({n}, {n} + 5)"),
    "ranges": ("datemultirange", "'{{[2024-01-01,2024-01-05)}}'"),
    "list": ("text[]", "ARRAY['a,b', NULL, '', 'NULL', md5('{n}'), E'q\"\\\\']"),
    "grid": ("int[]", "'{{{{1,2}},{{3,{small}}}}}'"),
    "mood": ("mood", "(ARRAY['sad', 'so so', 'happy'])[1 + {n} % 3]::mood"),
    "feeling": ("feeling", "'happy'"),
    "pair": ("pair", "ROW({n}, 'a,\"b\"')::pair"),
    "pairs": ("pair[]", "ARRAY[ROW({n}, NULL)::pair, NULL]"),
    "money": ("money", "{n}"),
    "object": ("oid", "{n}"),
    "password": ("text", "'secret ' || {n}"),
    "hidden": ("text", "'excluded ' || {n}"),
}
COLUMNS = ", ".join(f'"{name}" {kind}' for name, (kind, _) in TYPES.items())
TABLES = [
    "CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy')",
    "CREATE DOMAIN feeling AS mood CHECK (VALUE <> 'sad')",
    "CREATE TYPE pair AS (a int, b text)",
    f"CREATE TABLE everything (id bigserial PRIMARY KEY, {COLUMNS})",
    "CREATE TABLE keyless (a int, b text, c float8)",
    "ALTER TABLE keyless REPLICA IDENTITY FULL",
    "CREATE TABLE natural_key (part text, number int, note text, PRIMARY KEY (part, number))",
    "CREATE TABLE toasted (id int PRIMARY KEY, body text, touched int)",
    "ALTER TABLE toasted ALTER body SET STORAGE EXTERNAL",
    "CREATE TABLE parted (place int, id int, note text, PRIMARY KEY (place, id)) PARTITION BY LIST (place)",
    "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)",
    "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2)",
    "CREATE TABLE parent (id serial PRIMARY KEY, note text)",
    "CREATE TABLE child (more int, PRIMARY KEY (id)) INHERITS (parent)",
    "CREATE TABLE made (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED)",
    "CREATE TABLE nothing ()",
    "ALTER TABLE nothing REPLICA IDENTITY FULL",
]
RENAMES = [("parent", "remark", "note"), ("natural_key", "label", "note")]


class Writer(threading.Thread):
    """Does so many things and ends; a server that goes away meanwhile is waited for."""

    def __init__(self, url: Callable[[], str], seed: int, times: int, kinds: str) -> None:
        super().__init__()
        self._url, self._times = url, times
        self._random = random.Random(seed)
        self._name = f"writer {seed}"
        writes = [value for name, value in sorted(vars(Writer).items()) if name.startswith("_write_")]
        alters = [value for name, value in sorted(vars(Writer).items()) if name.startswith("_alter_")]
        self._kinds = writes if kinds == "writes" else alters
        self.done = self.refused = 0

    def run(self) -> None:
        while self.done < self._times:
            try:
                with psycopg.connect(self._url(), autocommit=True) as database:
                    database.execute("SET lock_timeout = '300ms'")
                    while self.done < self._times:
                        self._act(database)
            except psycopg.OperationalError:
                threading.Event().wait(0.1)  # the server was killed, and comes back

    def _act(self, database: Database) -> None:
        """What the server refuses, as in a conflict with somebody else, counts too."""
        try:
            self._random.choice(self._kinds)(self, database)
        except psycopg.OperationalError as error:
            if not isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
                raise
            self.refused += 1
        except psycopg.Error:
            self.refused += 1
        if not database.closed and database.info.transaction_status:
            database.rollback()
        self.done += 1

    @property
    def _n(self) -> int:
        return self._random.randint(1, 2000)

    @property
    def _few(self) -> int:
        return self._random.randint(1, 12)

    def _value(self, name: str) -> str:
        n = self._n
        return "NULL" if n % 7 == 0 else TYPES[name][1].format(n=n, small=n % 250)

    # writes

    def _write_everything(self, database: Database) -> None:
        names = list(TYPES)
        columns = ", ".join(f'"{name}"' for name in names)
        for _ in range(self._few):
            database.execute(f"INSERT INTO everything ({columns}) VALUES ({', '.join(map(self._value, names))})")

    def _write_of_everything(self, database: Database) -> None:
        names = self._random.sample(list(TYPES), 5)
        values = ", ".join(f'"{name}" = {self._value(name)}' for name in names)
        database.execute(f"UPDATE everything SET {values} WHERE id % {self._few} = 0")

    def _write_deletes(self, database: Database) -> None:
        table = self._random.choice(["everything", "toasted", "made", "parent"])
        database.execute(f"DELETE FROM {table} WHERE id % {1 + self._few} = 0 AND id % 5 = {self._few % 5}")

    def _write_keyless(self, database: Database) -> None:
        with database.transaction():
            database.execute(f"INSERT INTO keyless SELECT g % 5, 'x', g / 3.0 FROM generate_series(1, {self._few}) g")
            database.execute(f"UPDATE keyless SET b = b || '{self._few}' WHERE a = {self._few % 5}")
            database.execute(f"DELETE FROM keyless WHERE a = {self._few % 5} AND c > 1")
        database.execute("INSERT INTO nothing DEFAULT VALUES")

    def _write_keys(self, database: Database) -> None:
        part = self._random.choice(["a", 'b"q', "c\\", "d\n", "ü", "e" * 400])
        database.execute(
            "INSERT INTO natural_key VALUES (%s, %s, 'new')"
            " ON CONFLICT (part, number) DO UPDATE SET number = natural_key.number + 1000",
            [part, self._few],
        )
        database.execute(
            "UPDATE natural_key SET part = part || 'x' WHERE number = %s AND length(part) < 900", [self._few]
        )

    def _write_large_values(self, database: Database) -> None:
        database.execute(
            "INSERT INTO toasted VALUES (%(id)s, repeat(%(n)s, 3000), 0)"
            " ON CONFLICT (id) DO UPDATE SET touched = EXCLUDED.touched",
            {"id": self._few, "n": str(self._n)},
        )
        database.execute("UPDATE toasted SET id = id + 100 WHERE id = %s", [self._few])

    def _write_partitions(self, database: Database) -> None:
        database.execute(
            "INSERT INTO parted VALUES (%s, %s, 'p') ON CONFLICT DO NOTHING", [1 + self._few % 2, self._n % 40]
        )
        database.execute("UPDATE parted SET place = 3 - place WHERE id = %s", [self._n % 40])
        database.execute("UPDATE parent SET id = id + 5000 WHERE id % 7 = 3 AND id < 5000")
        database.execute("INSERT INTO child (more) VALUES (1); INSERT INTO parent DEFAULT VALUES")

    def _write_by_copy(self, database: Database) -> None:
        with database.cursor().copy("COPY made (id, n) FROM STDIN") as copy:
            for number in range(start := self._n * 100, start + self._few * 10):
                copy.write_row((number, self._n))

    def _write_with_savepoints(self, database: Database) -> None:
        with database.transaction():
            database.execute("INSERT INTO made VALUES (%s, 1) ON CONFLICT (id) DO UPDATE SET n = 2", [self._n])
            with database.transaction(force_rollback=True):
                database.execute("DELETE FROM made; TRUNCATE keyless")
            with database.transaction():
                database.execute("UPDATE made SET n = n + 1 WHERE id % 3 = 0")

    def _write_in_two_phases(self, database: Database) -> None:
        """Somebody else ends it, perhaps after a crash."""
        name = f"{self._name} {self.done}"
        database.execute("BEGIN")
        database.execute("INSERT INTO made VALUES (%s, 3) ON CONFLICT (id) DO UPDATE SET n = -1", [self._n])
        database.execute("INSERT INTO keyless VALUES (1, 'prepared', NULL)")
        database.execute(sql.SQL("PREPARE TRANSACTION {}").format(name))
        end_prepared(database, self._random, 0.9)

    def _write_truncates(self, database: Database) -> None:
        tables = self._random.choice(["keyless", "keyless, toasted", "made", "parted", "ONLY parent", "parent"])
        if self._few < 5:
            database.execute(f"TRUNCATE {tables}; INSERT INTO keyless VALUES (0, 'after', 0)")

    def _write_in_vain(self, database: Database) -> None:
        with database.transaction(force_rollback=True):
            database.execute("DELETE FROM everything; UPDATE keyless SET a = 0")

    # DDL

    def _alter_columns(self, database: Database) -> None:
        table = self._random.choice(["everything", "keyless", "toasted", "parent", "made"])
        name = f"more_{self._few % 4}"
        what = self._random.choice(
            [f"ADD {name} int DEFAULT {self._few}", f"ADD {name} serial", f"ADD {name} text", f"DROP COLUMN {name}"]
        )
        database.execute(f"ALTER TABLE {table} {what}")

    def _alter_types(self, database: Database) -> None:
        table, column, kinds = self._random.choice(
            [
                ("keyless", "a", ["int", "bigint", "numeric"]),
                ("made", "id", ["int", "bigint"]),
                ("toasted", "touched", ["int", "text USING touched::text || '!'"]),
            ]
        )
        database.execute(f"ALTER TABLE {table} ALTER {column} TYPE {self._random.choice(kinds)}")

    def _alter_names(self, database: Database) -> None:
        table, one, other = self._random.choice(RENAMES)
        before, now = self._random.sample([one, other], 2)
        database.execute(f"ALTER TABLE {table} RENAME {before} TO {now}")

    def _alter_rewrites(self, database: Database) -> None:
        database.execute(f"VACUUM FULL {self._random.choice(['everything', 'keyless', 'toasted'])}")

    def _alter_identity(self, database: Database) -> None:
        table = self._random.choice(["made", "toasted", "natural_key"])
        database.execute(f"ALTER TABLE {table} REPLICA IDENTITY {self._random.choice(['FULL', 'DEFAULT'])}")

    def _alter_tables(self, database: Database) -> None:
        with database.transaction():
            database.execute("DROP TABLE IF EXISTS fleeting")
            database.execute(
                f"CREATE TABLE fleeting AS SELECT g AS id, 'f' AS v FROM generate_series(1, {self._few}) g"
            )
            database.execute("ALTER TABLE fleeting ADD PRIMARY KEY (id)")
        database.execute("UPDATE fleeting SET v = 'later' WHERE id = 1")

    def _alter_places(self, database: Database) -> None:
        with database.transaction():
            database.execute("ALTER TABLE parted DETACH PARTITION parted_2")
            database.execute("UPDATE parted_2 SET note = 'alone'")
            database.execute("ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES IN (2)")

    def _alter_labels(self, database: Database) -> None:
        before, now = self._random.sample(["so so", "fair"], 2)
        database.execute(f"ALTER TYPE mood RENAME VALUE '{before}' TO '{now}'")


def end_prepared(database: Database, chance: random.Random, share: float) -> None:
    """Commit or roll back prepared transactions, each with this probability."""
    for (name,) in database.execute("SELECT gid FROM pg_prepared_xacts").fetchall():
        if chance.random() < share:
            how = chance.choice(["COMMIT", "COMMIT", "ROLLBACK"])
            database.execute(sql.SQL("{} PREPARED {}").format(sql.SQL(how), name))
