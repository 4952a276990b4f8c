"""Names of tables in addresses and filters, unambiguous for every name that PostgreSQL allows. Pure."""

import re

# What need not be quoted here; unlike in SQL, capital letters need not.
PLAIN = re.compile(r"[^\s.\"]+")
PART = re.compile(r"\"((?:[^\"]|\"\")+)\"|([^.\"]+)")


def qualified_name(schema: str, table: str) -> str:
    """`schema.table`; a part with a dot, a quote or a blank in it is quoted as in SQL: `"my.schema".orders`."""
    return f"{_quoted(schema)}.{_quoted(table)}"


def split_name(name: str) -> tuple[str, str] | None:
    """(schema, table) of a qualified name, or of a table in `public`; None if no table can have the name.

    What people type without quotes is divided at its first dot.
    """
    if "\0" in name:
        return None
    first, rest = _part(name.strip())
    if not first:
        return None
    if not rest:
        return "public", first
    table, beyond = _part(rest.removeprefix(".")) if rest.startswith('."') else (rest.removeprefix("."), "")
    return (first, table) if rest.startswith(".") and table and not beyond else None


def _quoted(part: str) -> str:
    return part if PLAIN.fullmatch(part) else '"' + part.replace('"', '""') + '"'


def _part(name: str) -> tuple[str, str]:
    """The name's first part and the rest, which begins with the dot."""
    found = PART.match(name)
    if not found:
        return "", name
    return (found[1].replace('""', '"') if found[1] else found[2]), name[found.end() :]
