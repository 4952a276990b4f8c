"""PostgreSQL URLs: taken apart, changed and put together again, whatever form they were written in."""

from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict


def changed(url: str, **parts: str) -> str:
    """The URL with some of `dbname`, `user`, `password` (or any libpq keyword) replaced.

    The host goes into the query string, where a socket's folder may stand as well.
    """
    known = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None} | parts
    user, password, database = (quote(known.pop(key, ""), safe="") for key in ("user", "password", "dbname"))
    login = f"{user}:{password}@" if password else f"{user}@" if user else ""
    query = f"?{urlencode(known, quote_via=quote)}" if known else ""
    return f"postgresql://{login}/{database}{query}"


def part(url: str, keyword: str, default: str = "") -> str:
    """One part of the URL by its libpq keyword."""
    return str(conninfo_to_dict(url).get(keyword) or default)
