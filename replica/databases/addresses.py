"""PostgreSQL URLs: read and rewritten part by part, in whatever form they were written."""

from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict


def with_parts(url: str, **parts: str) -> str:
    """The URL with some of `dbname`, `user`, `password` (or any libpq keyword) replaced.

    The host goes into the query string, where the folder of a socket may stand as well.
    """
    merged = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None} | parts
    user, password, database = (quote(merged.pop(key, ""), safe="") for key in ("user", "password", "dbname"))
    login = f"{user}:{password}@" if password else f"{user}@" if user else ""
    query = f"?{urlencode(merged, quote_via=quote)}" if merged else ""
    return f"postgresql://{login}/{database}{query}"


def part_of(url: str, keyword: str, default: str = "") -> str:
    """One part of the URL by its libpq keyword."""
    return str(conninfo_to_dict(url).get(keyword) or default)
