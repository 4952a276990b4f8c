"""Bounds the disk that blocks take: what was opened longest ago goes first."""

import shutil
from pathlib import Path

from replica.profiles.blocks import alone


def evict(root: Path, most: int, keep: Path) -> None:
    """Remove blocks below `root` until they take at most `most` bytes; `keep` stays.

    The index's time of modification is when the blocks were opened last.
    """
    found = [(index.stat().st_mtime, index.parent) for index in root.glob("*/*/*/index.json") if index.parent != keep]
    total = _size(keep)
    for _, folder in sorted(found, reverse=True):
        total += _size(folder)
        if total > most:
            _remove(folder)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def _remove(folder: Path) -> None:
    """Without its index a folder is nobody's blocks any more; who has its files mapped can go on reading them."""
    with alone(folder.parent):
        (folder / "index.json").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
