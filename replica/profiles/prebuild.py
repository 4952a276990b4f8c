"""Builds blocks before anybody asks for them, so that the first visitor of an exported session pays no cold read."""

import logging

from replica.databases.connections import alias_for
from replica.profiles.service import source_for
from statetrace_ui.web.models import Organisation

logger = logging.getLogger(__name__)


def build(organisation_id: int, session_id: str) -> None:
    """Build the session's blocks on this machine. Whatever fails is logged only: the first visitor builds them then."""
    try:
        organisation = Organisation.objects.get(pk=organisation_id)
        source_for(organisation, alias_for(organisation), session_id).blocks()
    except Exception:
        logger.warning("The blocks of session %s were not built ahead", session_id, exc_info=True)
