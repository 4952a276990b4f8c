"""Makes the database that an export writes, or takes it over, before a sync."""

from replica.databases.provisioning import ensure_replica
from replica.databases.server import Connection, connect
from replica.exports.ends import connect_foreign, reader_of
from replica.exports.failures import FilledByOthers, NotAccepted
from replica.exports.models import UserFlowExport
from replica.exports.targets.taking_over import require_ours


def made_target_of(export: UserFlowExport) -> Connection:
    """The database that the export writes, made or taken over if need be.

    Raises psycopg.Error, BadAddress, OwnDatabase, or what `failures` has a sentence for.
    """
    if export.target and not export.target.accepted_at:
        raise NotAccepted(f"No manager of {export.target.recipient} has accepted this target yet.")
    if export.target and not export.target.recipient:
        return _taken_over(connect_foreign(export.target.url))
    replica = ensure_replica(reader_of(export))
    if not replica.owner_url:
        raise FilledByOthers("This organisation's replica is filled by somebody else: nothing to sync here.")
    return connect(replica.owner_url)


def _taken_over(target: Connection) -> Connection:
    try:
        require_ours(target)
    except BaseException:
        target.close()
        raise
    return target
