"""Which database an organisation's replica is: a Django alias per replica, registered when first needed."""

from django.core.exceptions import ObjectDoesNotExist
from django.db import connections

from replica.exports.models import Replica
from statetrace_ui import env
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

READ_ONLY = "-c default_transaction_read_only=on -c statement_timeout=30s"


def alias_for(organisation: Organisation) -> str:
    """The alias to read the organisation's replica by; a UserError (404) that says what to do if there is none yet."""
    try:
        replica: Replica = organisation.replica
    except ObjectDoesNotExist:
        replica = Replica()
    if not replica.reader_url:
        raise UserError(
            "Your organisation has no replica database yet.",
            "It is made by the first sync: import a session, then start a sync under Exports.",
            status=404,
        )
    return register(f"replica_{replica.pk}", replica.reader_url)


def register(alias: str, url: str) -> str:
    """Make `alias` name the database of `url`; called again with another URL (new credentials), it reconnects."""
    settings = env.database(url, "the replica's address")
    settings["OPTIONS"] |= {"options": READ_ONLY, "pool": {"min_size": 0, "max_size": 4, "timeout": 10}}
    known = connections.settings.get(alias)
    if known is None or any(known[key] != value for key, value in settings.items()):
        connections.settings[alias] = connections.configure_settings({"default": {}, alias: settings})[alias]
        if known is not None:
            del connections[alias]
    return alias
