"""What applications do to their tables while they are captured. Each case has a schema of its own."""

from typing import NamedTuple


class Case(NamedTuple):
    """prepared: before the source is added. then: afterwards; what one text holds is one transaction.

    `{schema}` and `{publication}` stand for their names.
    """

    prepared: list[str]
    then: list[str]


ITEM = (
    "CREATE TABLE item (id int PRIMARY KEY, v text, n int);"
    " INSERT INTO item SELECT g, 'v' || g, g FROM generate_series(1, 9) g"
)
PARTED = (
    "CREATE TABLE event (year int, id int, v text, PRIMARY KEY (year, id)) PARTITION BY LIST (year);"
    " CREATE TABLE event_1 PARTITION OF event FOR VALUES IN (1);"
    " CREATE TABLE event_2 PARTITION OF event FOR VALUES IN (2);"
    " INSERT INTO event SELECT 1 + g % 2, g, 'v' || g FROM generate_series(1, 10) g"
)
WRITES = "UPDATE item SET n = n + 100 WHERE id < 3; DELETE FROM item WHERE id = 4; INSERT INTO item (id) VALUES (20)"
MIGRATED = "INSERT INTO public.statetrace_annotations VALUES (gen_random_uuid()::text, '_st.app.mig', '{{}}', '{{}}')"

CASES = {
    "a column with a constant default": Case([ITEM], ["ALTER TABLE item ADD stars int DEFAULT 7", WRITES]),
    "a column without default": Case([ITEM], ["ALTER TABLE item ADD stars int", WRITES]),
    "a column whose default differs by row": Case([ITEM], ["ALTER TABLE item ADD serial serial", WRITES]),
    "a column that is dropped": Case([ITEM], ["ALTER TABLE item DROP v", WRITES]),
    "another type": Case([ITEM], ["ALTER TABLE item ALTER n TYPE numeric(10, 2)", WRITES]),
    "another type by an expression": Case([ITEM], ["ALTER TABLE item ALTER v TYPE text USING upper(v)"]),
    "the same type by an expression, announced": Case(
        [ITEM], [f"ALTER TABLE item ALTER n TYPE int USING n * 2; {MIGRATED}"]
    ),
    "the same type by an expression": Case([ITEM], ["ALTER TABLE item ALTER n TYPE int USING n * 2", WRITES]),
    "a type there and back": Case(
        ["CREATE TABLE item (id int PRIMARY KEY, n numeric); INSERT INTO item VALUES (1, 1.5), (2, 2.5)"],
        ["ALTER TABLE item ALTER n TYPE int", "ALTER TABLE item ALTER n TYPE numeric"],
    ),
    "a column that is renamed": Case(
        [ITEM], ["ALTER TABLE item RENAME v TO w", "UPDATE item SET w = 'x' WHERE id = 1"]
    ),
    "columns that swap their names": Case(
        [ITEM, "ALTER TABLE item ADD w text; UPDATE item SET w = 'w' || id"],
        [
            "ALTER TABLE item RENAME v TO x; ALTER TABLE item RENAME w TO v; ALTER TABLE item RENAME x TO w",
            "UPDATE item SET v = 'written after' WHERE id = 1",
        ],
    ),
    "a column that is dropped and added in one statement": Case(
        [ITEM], ["ALTER TABLE item DROP n, ADD n int DEFAULT 5"]
    ),
    "a column that is dropped and added again": Case(
        [ITEM], ["ALTER TABLE item DROP n", WRITES.replace("n = n + 100", "v = 'x'"), "ALTER TABLE item ADD n int"]
    ),
    "a key column that is renamed": Case([ITEM], ["ALTER TABLE item RENAME id TO key", "UPDATE item SET n = 0"]),
    "a key that moves to another column": Case(
        [ITEM],
        ["ALTER TABLE item DROP CONSTRAINT item_pkey, ADD PRIMARY KEY (v)", "UPDATE item SET n = 0 WHERE id = 1"],
    ),
    "a key that goes and comes back": Case(
        [ITEM],
        [
            "ALTER TABLE item DROP CONSTRAINT item_pkey",
            "INSERT INTO item VALUES (30)",
            "ALTER TABLE item ADD PRIMARY KEY (id)",
        ],
    ),
    "an identity there and back": Case(
        [ITEM],
        [
            "ALTER TABLE item REPLICA IDENTITY FULL",
            WRITES,
            "ALTER TABLE item REPLICA IDENTITY DEFAULT",
            "UPDATE item SET n = 1",
        ],
    ),
    "DDL and writes in one transaction": Case(
        [ITEM],
        [f"UPDATE item SET v = 'a'; ALTER TABLE item ADD more int DEFAULT 1; {WRITES}; ALTER TABLE item DROP n"],
    ),
    "TRUNCATE and an alteration": Case(
        [ITEM], ["TRUNCATE item; ALTER TABLE item ADD more int DEFAULT 1; INSERT INTO item VALUES (1, 'after')"]
    ),
    "VACUUM FULL": Case([ITEM], ["VACUUM FULL item", WRITES]),
    "CLUSTER": Case([ITEM], ["CLUSTER item USING item_pkey", WRITES]),
    "a generated column that becomes a plain one": Case(
        [
            "CREATE TABLE item (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);"
            " INSERT INTO item SELECT g, g FROM generate_series(1, 5) g"
        ],
        ["ALTER TABLE item ALTER twice DROP EXPRESSION", "UPDATE item SET twice = 0 WHERE id = 1"],
    ),
    "a table made of a query": Case(
        [ITEM], ["CREATE TABLE made AS SELECT * FROM item; ALTER TABLE made ADD PRIMARY KEY (id)"]
    ),
    "a table that is dropped and made again": Case([ITEM], [f"DROP TABLE item; {ITEM.replace('v', 'w')}"]),
    "a table that is dropped and made again, empty": Case(
        [ITEM], ["DROP TABLE item; CREATE TABLE item (id int PRIMARY KEY)"]
    ),
    "a table that is dropped": Case([ITEM], ["DROP TABLE item"]),
    "a table that is renamed": Case(
        [ITEM], ["ALTER TABLE item RENAME TO thing", "UPDATE thing SET n = 0 WHERE id = 1"]
    ),
    "a table that is moved": Case(
        [ITEM],
        [
            "CREATE SCHEMA {schema}_other; ALTER TABLE item SET SCHEMA {schema}_other",
            "UPDATE {schema}_other.item SET n = 0",
        ],
    ),
    "tables that swap their names": Case(
        [ITEM, "CREATE TABLE other (id int PRIMARY KEY, w text); INSERT INTO other VALUES (1, 'one'), (50, 'fifty')"],
        [
            "ALTER TABLE item RENAME TO x; ALTER TABLE other RENAME TO item; ALTER TABLE x RENAME TO other",
            "UPDATE other SET n = 0",
        ],
    ),
    "a partition that is detached and written": Case(
        [PARTED],
        [
            "ALTER TABLE event DETACH PARTITION event_1",
            "UPDATE event_1 SET v = 'x' WHERE id = 2",
            "DELETE FROM event_1 WHERE id = 4",
            "INSERT INTO event_1 VALUES (1, 99)",
        ],
    ),
    "a partition that is detached, written and attached": Case(
        [PARTED],
        [
            "ALTER TABLE event DETACH PARTITION event_1",
            "UPDATE event_1 SET v = 'x'",
            "ALTER TABLE event ATTACH PARTITION event_1 FOR VALUES IN (1)",
            "UPDATE event SET v = 'y' WHERE id = 2",
        ],
    ),
    "a filled partition that is attached": Case(
        [
            PARTED,
            "CREATE TABLE event_3 (year int NOT NULL, id int NOT NULL, v text); INSERT INTO event_3 VALUES (3, 1, 'x')",
            "ALTER TABLE event_3 REPLICA IDENTITY FULL",
        ],
        ["ALTER TABLE event ATTACH PARTITION event_3 FOR VALUES IN (3)", "INSERT INTO event VALUES (3, 2, 'y')"],
    ),
    "a table that is taken out of the publication": Case(
        [ITEM], ["ALTER PUBLICATION {publication} DROP TABLE item", WRITES]
    ),
    "a label of an enum that is renamed": Case(
        [
            "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE item (id int PRIMARY KEY, v mood, w mood[]);"
            " INSERT INTO item VALUES (1, 'a', '{{a,b}}'), (2, 'b', NULL)"
        ],
        ["ALTER TYPE mood RENAME VALUE 'a' TO 'z'", "ALTER TYPE mood ADD VALUE 'c'"],
    ),
    "a label inside a domain, a composite and a range": Case(
        [
            "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE DOMAIN feeling AS mood; CREATE TYPE felt AS (m feeling);"
            " CREATE TYPE span AS RANGE (subtype = mood); CREATE TABLE x (id int PRIMARY KEY, v felt);"
            " CREATE TABLE y (id int PRIMARY KEY, v span[]); INSERT INTO x VALUES (1, ROW('a'));"
            " INSERT INTO y VALUES (1, ARRAY[span('a', 'b')])"
        ],
        ["ALTER TYPE mood RENAME VALUE 'a' TO 'z'"],
    ),
    "an attribute of a composite": Case(
        [
            "CREATE TYPE pair AS (a int); CREATE TABLE item (id int PRIMARY KEY, v pair[]);"
            " INSERT INTO item VALUES (1, ARRAY[ROW(1)::pair])"
        ],
        ["ALTER TYPE pair ADD ATTRIBUTE b text"],
    ),
    "an attribute of a composite that is dropped": Case(
        [
            "CREATE TYPE pair AS (a int, b int); CREATE TABLE item (id int PRIMARY KEY, v pair);"
            " INSERT INTO item VALUES (1, ROW(1, 2))"
        ],
        ["ALTER TYPE pair DROP ATTRIBUTE a"],
    ),
    "a table without a key that is rewritten": Case(
        ["CREATE TABLE item (v int); ALTER TABLE item REPLICA IDENTITY FULL; INSERT INTO item VALUES (1), (2)"],
        ["ALTER TABLE item ALTER v TYPE int USING v * 10", "UPDATE item SET v = 11 WHERE v = 10"],
    ),
    "large values that were not sent, and an alteration": Case(
        [
            "CREATE TABLE item (id int PRIMARY KEY, v text, n int); ALTER TABLE item ALTER v SET STORAGE EXTERNAL;"
            " INSERT INTO item SELECT g, repeat(g::text, 5000), g FROM generate_series(1, 4) g"
        ],
        [
            "UPDATE item SET n = 0",
            "UPDATE item SET id = 40 WHERE id = 4",
            "ALTER TABLE item ADD more int DEFAULT 1; UPDATE item SET n = 1 WHERE id = 1",
        ],
    ),
    "tables that inherit": Case(
        [ITEM, "CREATE TABLE special (PRIMARY KEY (id)) INHERITS (item); INSERT INTO special VALUES (500, 'special')"],
        ["ALTER TABLE item ADD stars int DEFAULT 7", "UPDATE item SET n = 1"],
    ),
    "a new table with rows": Case([], [ITEM, WRITES]),
}
