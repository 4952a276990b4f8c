"""How pages reach an organisation's replica: a Django alias for each address, registered when it is first needed.

Nothing here writes: whatever address is stored is used as it is (`provisioning.follow_servers` corrects addresses).
"""

import hashlib

from django.core.exceptions import ObjectDoesNotExist
from django.db import OperationalError, connections

from replica.databases import shapes
from replica.databases.models import Replica
from replica.databases.timestamps import read_leniently
from replica.schema.stand_ins import StandingIn, shape_statement
from statetrace_ui import env
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

OPTIONS = {
    "options": "-c default_transaction_read_only=on -c statement_timeout=30s",
    "connect_timeout": 3,
    "application_name": "statetrace-pages",
    "pool": {"min_size": 0, "max_size": 4, "timeout": 4, "reconnect_timeout": 3},
}


class NoReplica(UserError):
    """The organisation has no replica database yet; its first sync makes one."""

    def __init__(self) -> None:
        super().__init__(
            "Your organisation has no replica database yet.",
            "It is made by the first sync: import a session, then start a sync under Exports.",
            status=404,
        )


def alias_for(organisation: Organisation) -> str:
    """The alias of the organisation's replica. It is connected already, so that a page fails here and not half-way.

    Raises NoReplica (404) if there is none yet, and a UserError (503) if it does not answer; both say what to do.
    """
    replica = _replica(organisation)
    # Another address (a new password, a new server) gets another alias: threads share a pool, which must not change.
    digest = hashlib.sha256(replica.reader_url.encode()).hexdigest()[:12]
    alias = register(f"replica_{replica.pk}_{digest}", replica.reader_url)
    try:
        connections[alias].ensure_connection()
        _expect_gaps(alias, replica.reader_url)
    except OperationalError:
        raise UserError(
            "Your organisation's replica database does not answer.",
            "Try again in a minute. If it stays so, ask whoever runs this dashboard to look at the replica's server.",
            status=503,
        ) from None
    return alias


def _expect_gaps(alias: str, url: str) -> None:
    """Let what the replica lacks count as empty in all that this thread reads by the alias from now on."""
    connection = connections[alias]
    read_leniently(connection.connection)

    def ask() -> list[shapes.ShapeRow]:
        connection.execute_wrappers.clear()
        with connection.cursor() as cursor:
            cursor.execute(shape_statement())
            return list(cursor.fetchall())

    missing = shapes.missing_of(url, ask)
    connection.execute_wrappers[:] = [StandingIn(missing)] if missing else []


def register(alias: str, url: str) -> str:
    """Make `alias` name the database of `url` from now on; an alias that exists already stays as it is."""
    if alias not in connections.settings:
        settings = env.database(url, "the replica's address")
        settings["OPTIONS"] |= OPTIONS
        settings["CONN_HEALTH_CHECKS"] = True  # a restarted server leaves dead connections in the pool
        configured = connections.configure_settings({"default": {}, alias: settings})[alias]
        # A new dictionary, since other threads may be iterating over the old one.
        connections.settings = {**connections.settings, alias: configured}
    return alias


def _replica(organisation: Organisation) -> Replica:
    try:
        replica: Replica = organisation.replica
    except ObjectDoesNotExist:
        replica = Replica()
    if not replica.reader_url:
        raise NoReplica
    return replica
