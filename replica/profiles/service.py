"""From a request's organisation and session to opened blocks: who may look, which version, and where it is kept."""

from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

from adbc_driver_manager import OperationalError
from django.conf import settings
from django.db import connections

from replica.profiles.blocks import FORMAT, Blocks, Thread, opened
from replica.profiles.eviction import evict
from replica.profiles.reading import read_profile
from replica.queries import session_or_404
from replica.schema.models import SessionMetadata
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

# `xmin` is the transaction that wrote a row: an export replaces all rows of a session, so it changes whenever the
# session was exported again. Three rows or so are read, never the calls. What it cannot notice: somebody who changes
# calls in place and leaves the session's metadata and thread rows as they were.
FINGERPRINT = """
SELECT current_database(), m.xmin::text, m::text,
       (SELECT string_agg(t.xmin::text || t::text, ' ' ORDER BY t.process_id, t.id)
        FROM function_call_thread t WHERE t.session_id = m.session_id)
FROM function_call_metadata m WHERE m.session_id = %s
"""


@dataclass(slots=True, frozen=True)
class Source:
    """One session's profile in one replica; `version` changes when its content does."""

    alias: str
    url: str
    session: SessionMetadata
    version: str

    @property
    def folder(self) -> Path:
        # Quoted, since a replica filled by others may call a session `..` or anything else.
        name = quote(self.session.session_id, safe="").replace(".", "%2E")
        return Path(settings.BLOCKS_DIR, self.alias, name, self.version)

    def blocks(self) -> Blocks:
        """The session's blocks, read from the replica when they are not on disk yet."""
        new = not self.built
        try:
            blocks = opened(self.folder, partial(read_profile, self.url, self.session.session_id))
        except OperationalError as error:
            raise UserError(
                f"The replica's calls could not be read: {' '.join(str(error).split())}",
                "Try again; if it stays so, look at the replica's server.",
                status=503,
            ) from error
        if new:
            evict(Path(settings.BLOCKS_DIR), settings.BLOCKS_MAX_GB * 10**9, keep=self.folder)
        return blocks

    @property
    def built(self) -> bool:
        return (self.folder / "index.json").exists()


def source_for(organisation: Organisation, alias: str, session_id: str, version: str | None = None) -> Source:
    """A session of the organisation's replica, which `alias` names.

    404 if there is none such, or it has no calls; 410 if it is not of the wanted version any more.
    """
    session = session_or_404(alias, session_id)
    current = _version(alias, session_id)
    if version not in (None, current):
        raise UserError("This session was exported again.", "Reload the page to see its new content.", status=410)
    return Source(alias, organisation.replica.reader_url, session, current)


def thread_at(blocks: Blocks, number: int) -> Thread:
    """The thread with that number in the blocks, else 404."""
    if number >= len(blocks.threads):
        raise UserError("This profile has no such thread.", "Choose one from the list.", status=404)
    return blocks.threads[number]


def _version(alias: str, session_id: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute(FINGERPRINT, [session_id])
        row = cursor.fetchone()
    if row is None:
        raise UserError(
            "This session has no function calls.", "Import a method trace or a CPU profile into it.", status=404
        )
    return blake2b(repr((FORMAT, *row)).encode(), digest_size=8).hexdigest()
