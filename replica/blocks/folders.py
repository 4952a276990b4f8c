"""A folder of blocks appears whole or not at all: it is written under a temporary name and then renamed.

A builder that is killed leaves only its temporary folder behind, and the next builder of the session removes that. The
file `index.json` says that a folder is there; its time of modification is the time at which it was opened last.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

INDEX = "index.json"


def ensure(folder: Path, write: Callable[[Path], None]) -> None:
    """The folder is there afterwards; if it was not, `write` fills it. Of several builders only one builds.

    Other versions of the session, in folders beside this one, are removed before this one is built.
    """
    if _touch(folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with session_lock(folder.parent):
        if not _touch(folder):
            _remove_folders(folder.parent)
            temporary = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
            write(temporary)
            temporary.rename(folder)


def _touch(folder: Path) -> bool:
    """Whether the blocks exist. If so, their index gets a new time of modification, by which `eviction` orders them."""
    try:
        os.utime(folder / INDEX)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def session_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a session's folder; the system releases it when its holder dies."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_folders(session: Path) -> None:
    """Remove other versions and the folders of killed builders. Processes that mapped the files can still read them."""
    for folder in session.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
