"""Whether a database is a source of the organisation already: it would be stored twice, and its server keep log twice.

A copy of a server has the same identity, and is another database all the same: no slot of the source is there.
"""

from collections.abc import Callable

from psycopg.conninfo import conninfo_to_dict

from statetrace_ui.history.models import Source
from statetrace_ui.wal.connection import Connection, SourceError, connect, readable_errors
from statetrace_ui.wal.server import server_state
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

SLOT = "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND database = current_database()"


class AlreadySource(UserError):
    """The database is another source of the organisation."""

    def __init__(self, source: Source) -> None:
        super().__init__(f"This database is the source {source} already.", "Open that source instead.")


def require_no_twin(organisation: Organisation, url: str, but: Source | None = None) -> None:
    """Raises AlreadySource if the database at the URL is a source other than `but`; SourceError if it is silent.

    A role that may not replicate is not told the server's identity; the preflight refuses it.
    """
    try:
        system_identifier = server_state(url).system_identifier
    except SourceError:
        return
    with connect(url) as connection, readable_errors("Slots cannot be listed"):
        twin = twin_at(connection, organisation, system_identifier, but)
    if twin:
        raise AlreadySource(twin)


def twin_at(
    connection: Connection, organisation: Organisation, system_identifier: str, but: Source | None = None
) -> Source | None:
    """The source, other than `but`, whose database the connection leads to."""

    def is_elsewhere(source: Source) -> bool:
        return bool(source.position) and not connection.execute(SLOT, [source.slot_name]).fetchone()

    return twin_of(organisation, system_identifier, connection.info.dbname, is_elsewhere, but)


def twin_of(
    organisation: Organisation,
    system_identifier: str,
    database: str,
    is_elsewhere: Callable[[Source], bool],
    but: Source | None = None,
) -> Source | None:
    """The first source of this server and database. is_elsewhere: of one that looks like it, whether it is another."""
    of_server = Source.objects.filter(organisation=organisation, system_identifier=system_identifier)
    others = of_server.exclude(system_identifier="").exclude(url="").exclude(pk=but.pk if but else 0)
    alike = (source for source in others.order_by("pk") if _database_of(source) == database)
    return next((source for source in alike if not is_elsewhere(source)), None)


def _database_of(source: Source) -> str:
    """The name of the database that the source's URL leads to."""
    parts = conninfo_to_dict(source.url)
    return str(parts.get("dbname") or parts.get("user") or "")
