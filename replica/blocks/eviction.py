"""Limits the disk space of blocks: the least recently opened are removed first."""

import shutil
from collections.abc import Set
from glob import escape
from pathlib import Path

from replica.blocks.folders import INDEX, session_lock


def evict(root: Path, most: int, keep: Path) -> None:
    """Remove blocks below `root` until they take at most `most` bytes. Those in the folder `keep` stay.

    The time of modification of an index is the time at which its blocks were opened last.
    """
    others = [(index.stat().st_mtime, index.parent) for index in root.glob(f"*/*/*/{INDEX}") if index.parent != keep]
    total = _size(keep)
    for _, folder in sorted(others, reverse=True):
        total += _size(folder)
        if total > most:
            _remove(folder)


def forget_session(root: Path, aliases: str, name: str) -> None:
    """Remove all blocks of an erased session. aliases: a pattern of the replica's; name: the session's folder."""
    for index in root.glob(f"{aliases}/{escape(name)}/*/{INDEX}"):
        _remove(index.parent)


def forget_replica(root: Path, aliases: str) -> None:
    """Remove all blocks of a replica. aliases: a pattern of it."""
    for folder in root.glob(aliases):
        shutil.rmtree(folder, ignore_errors=True)


def size_of(root: Path, aliases: str, names: Set[str] | None) -> int:
    """Bytes below the replica's folders: of the sessions whose folders have one of the names, or of all."""
    return sum(
        _size(index.parent)
        for index in root.glob(f"{aliases}/*/*/{INDEX}")
        if names is None or index.parent.parent.name in names
    )


def forget_old_addresses(root: Path, alias: str) -> None:
    """Remove blocks of a replica at addresses that it had before. alias: replica_<pk>_<digest of the address>."""
    replica, _, _ = alias.rpartition("_")
    for folder in root.glob(f"{escape(replica)}_*"):
        if folder.name != alias:
            shutil.rmtree(folder, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def _remove(folder: Path) -> None:
    """Remove the index first: without it the blocks count as missing. Processes that mapped them can read on."""
    with session_lock(folder.parent):
        (folder / INDEX).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
