"""The description of the schema as a page of the documentation."""

from replica.schema.columns import Table
from replica.schema.description import TABLES

HEAD = """\
# The replica's schema

Fifteen tables, the same in every replica. `manage.py describe_schema` writes this page. The page *Schema* under
*Exports › Connection* shows the same beside what a replica really has. Each replica that the dashboard fills carries it
as comments, which `\\d+` of psql shows.

Every key but that of `user_flow` begins with `session_id`. `char(n)` comes back padded with blanks, times are UTC
without a zone, `group` and `return` must be quoted. Columns that may not be NULL are marked with `*`.

| Type | Table | What it holds |
|---|---|---|
"""


def as_markdown() -> str:
    rows = "".join(f"| `{one.table_type}` | [`{one.name}`](#{one.name}) | {one.meaning} |\n" for one in TABLES)
    return HEAD + rows + "".join(map(_section, TABLES))


def _section(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    keyed = f"Key: {key}." if key else "No key: two points may have the same x."
    rows = "".join(
        f"| `{one.name}`{'*' * one.required} | {one.type} | {one.unit} | {_cell(one.meaning)} |\n"
        for one in table.columns
    )
    head = "| Column | Type | Unit | Meaning |\n|---|---|---|---|\n"
    return f"\n## {table.name}\n\n`{table.table_type}`. {table.meaning} {keyed}\n\n{head}{rows}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
