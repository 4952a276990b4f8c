"""The two ends of an export: the database that it reads, and the one that it writes."""

from collections.abc import Callable
from functools import partial

from django.conf import settings

from replica.databases import identity
from replica.databases.deadlines import DeadlineConnection
from replica.databases.models import Replica
from replica.databases.server import CONNECT_TIMEOUT, LIVELINESS, Connection, connect
from replica.exports.models import UserFlowExport
from statetrace_ui import addresses
from statetrace_ui.web.models import Organisation

Opener = Callable[[], Connection]
PATIENCE = 600  # seconds that a foreign server may take for a statement, such as erasing a large session
PAGE_PATIENCE = 5  # the same where a page waits


def source_of(export: UserFlowExport, patience: float = PATIENCE) -> Connection:
    """The store, or the mirror that the flow is read from. Raises psycopg.Error, BadAddress, OwnDatabase."""
    return source_opener(export, patience)()


def target_of(export: UserFlowExport, patience: float = PATIENCE) -> Connection | None:
    """The database that the export writes; None if it was not made yet. Raises psycopg.Error and the like."""
    opener = target_opener(export, patience)
    return opener() if opener else None


def source_opener(export: UserFlowExport, patience: float) -> Opener:
    """What connects to it, perhaps in another thread."""
    return (
        partial(connect_foreign, export.mirror.url, patience) if export.mirror else partial(connect, settings.STORE_URL)
    )


def target_opener(export: UserFlowExport, patience: float) -> Opener | None:
    """The same for the database that the export writes; None if it was not made yet."""
    if export.target and not export.target.recipient:
        return partial(connect_foreign, export.target.url, patience) if export.runs.exists() else None
    replica = replica_of(export)
    return partial(connect, replica.owner_url) if replica and replica.owner_url else None


def replica_of(export: UserFlowExport) -> Replica | None:
    """The replica that the export writes: pages read it. None: not made yet, or a database without pages here."""
    if export.target and not export.target.recipient:
        return None
    return Replica.objects.filter(organisation=reader_of(export)).select_related("organisation").first()


def connect_foreign(url: str, patience: float = PATIENCE) -> Connection:
    """A database that somebody entered, which is none of ours. It says so itself, whatever its address is called."""
    address = addresses.parse(url).url(settings.REPLICA_CA_FILE)
    connection = DeadlineConnection.connect(
        address, autocommit=True, connect_timeout=CONNECT_TIMEOUT, application_name="statetrace-exports", **LIVELINESS
    )
    connection.deadline = patience
    try:
        with connection.cursor() as cursor:
            identity.require_foreign(identity.ask(cursor))
        connection.execute("SET search_path = public")
    except BaseException:
        connection.close()
        raise
    return connection


def reader_of(export: UserFlowExport) -> Organisation:
    """The organisation whose replica it writes; for a server's database, the one that sends."""
    return (export.target and export.target.recipient) or export.organisation
