"""Where the blocks of a session are: for each replica, session and kind one folder, whose name is their version."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from django.conf import settings

from replica.blocks import eviction, folders

Blocks = TypeVar("Blocks")
Kind = Literal["calls", "series"]
SUFFIXES: dict[Kind, str] = {"calls": "", "series": "-series"}


@dataclass(slots=True, frozen=True)
class Place:
    """The folder of one session's blocks of one kind. `version` changes when the content does."""

    alias: str
    session_id: str
    version: str
    kind: Kind = "calls"

    @property
    def folder(self) -> Path:
        return Path(settings.BLOCKS_DIR, self.alias, folder_name(self.session_id, self.kind), self.version)

    @property
    def built(self) -> bool:
        return (self.folder / folders.INDEX).exists()

    def opened(self, open_folder: Callable[[Path], Blocks]) -> Blocks:
        """What `open_folder` makes of the folder; where it had to build the blocks first, old ones make room."""
        is_new = not self.built
        blocks = open_folder(self.folder)
        if is_new:
            root = Path(settings.BLOCKS_DIR)
            eviction.forget_old_addresses(root, self.alias)
            eviction.evict(root, settings.BLOCKS_MAX_GB * 10**9, keep=self.folder)
        return blocks


def forget(replica_id: int, session_id: str) -> None:
    """Remove the blocks of an erased session from this machine: a copy must not outlive what it was made of."""
    for kind in get_args(Kind):
        name = folder_name(session_id, kind)
        eviction.forget_session(Path(settings.BLOCKS_DIR), f"replica_{replica_id}_*", name)


def forget_all(replica_id: int) -> None:
    """Remove the blocks of a replica that is gone from this machine."""
    eviction.forget_replica(Path(settings.BLOCKS_DIR), f"replica_{replica_id}_*")


def size(replica_id: int, session_ids: Iterable[str] | None = None) -> int:
    """Bytes that this machine holds of the replica's blocks, or of those of some sessions."""
    wanted = None
    if session_ids is not None:
        wanted = {folder_name(session, kind) for session in session_ids for kind in get_args(Kind)}
    return eviction.size_of(Path(settings.BLOCKS_DIR), f"replica_{replica_id}_*", wanted)


def folder_name(session_id: str, kind: Kind = "calls") -> str:
    """A digest, since a replica filled by others may call a session `..` or anything else, at any length."""
    return blake2b(session_id.encode(), digest_size=16).hexdigest() + SUFFIXES[kind]


def version_of(*content: Any) -> str:
    """A short name for what blocks were made of."""
    return blake2b(repr(content).encode(), digest_size=8).hexdigest()
