"""Lines are stored as they are written: PostgreSQL's COPY writes the same bytes back."""

from typing import Any

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statetrace_ui.wal.lines import line_of
from statetrace_ui.wal.records import Change as Record
from statetrace_ui.wal.records import Column, Relation, row_change

COLUMNS = tuple(Column(f"c{number}", "text", number == 0) for number in range(3))
ITEM = Relation(7, "public", "item", "d", COLUMNS)
EMPTY = Relation(8, "public", "empty", "d", ())
ODD = ["", "NULL", "nULL", " ", "{", "}", ",", '"', "\\", "\\N", "\\.", *"\t\n\r\b\f\v\x01\x7f"]
texts = st.sampled_from([*ODD, "ſ", "\x85", "\xa0", "\u2028"]) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
)
rows = st.none() | st.dictionaries(st.sampled_from([column.name for column in COLUMNS]), st.none() | texts)
names = st.sampled_from(["c0", "ä", "c10", 'a"\\\n'])
marks = st.dictionaries(names, st.fixed_dictionaries({"bytes": st.integers(0), "sha256": texts}))
FIELDS = "kind, baseline, record_key, old_record_key, old, new, old_absent, new_absent, cut"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows, rows, texts, texts, marks)
def test_a_line_is_what_copy_writes_back(
    db: None, old: Any, new: Any, key: str, former: str, cut: dict[str, Any]
) -> None:
    changes = [
        Record(ITEM, "U", old, new, [], key, former, {"new": cut, "old": {}} if cut else {}),
        Record(EMPTY, "B", None, {}),
    ]
    lines = b"".join(map(line_of, changes))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE line ON COMMIT DROP AS SELECT {FIELDS} FROM history_change LIMIT 0")
        with cursor.copy(f"COPY line ({FIELDS}) FROM STDIN") as copy:
            copy.write(lines)
        with cursor.copy(f"COPY (SELECT {FIELDS} FROM line) TO STDOUT") as copy:
            assert b"".join(bytes(piece) for piece in copy) == lines
        cursor.execute("DROP TABLE line")


def test_places_of_what_was_not_sent_are_told_but_for_excluded_columns() -> None:
    columns = (*COLUMNS[:2], Column("secret", "text", False, "exclude"))
    table = Relation(1, "public", "item", "d", columns)
    fields = line_of(row_change(table, "U", old={"c0": "1"}, new={"c0": "1"})).split(b"\t")
    assert fields[4:8] == [b"{1,NULL,NULL}", b"{1,NULL,NULL}", b"{2}", b"{2}"]
