"""Checks the URL of a source, which an operator enters, before it is used and kept."""

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from statetrace_ui.addresses import PROTECTION
from statetrace_ui.capture.locks import SourceLocks
from statetrace_ui.wal.connection import URL_NOT_UNDERSTOOD, SourceError, connect, readable_errors

TAKEN = ("host", "port", "dbname", "user", "password", "sslmode", "sslrootcert")


def check_url(url: str, locks: SourceLocks) -> None:
    """Raises SourceError if the URL holds what is not taken, or leads to the dashboard's own database."""
    try:
        given = {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    except (ProgrammingError, UnicodeError):
        # The driver's message quotes the URL, and the URL may hold a password.
        raise SourceError(URL_NOT_UNDERSTOOD) from None
    parts = {name for name, value in given.items() if PROTECTION.get(name) != value}
    if others := sorted(parts - set(TAKEN)):
        raise SourceError(f"The URL must not hold {others[0]}: only {', '.join(TAKEN)} are taken.")
    if missing := [name for name in ("host", "user", "password") if name not in parts]:
        raise SourceError(f"The URL holds no {missing[0]}. {URL_NOT_UNDERSTOOD}")
    with connect(url) as connection, readable_errors("The database cannot be compared with the dashboard's own"):
        if locks.are_seen_by(connection):
            raise SourceError(
                "The URL leads to the dashboard's own database: each change that is stored would be a change to store."
                " Give the URL of the application's database."
            )
