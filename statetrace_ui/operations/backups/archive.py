"""The file of a backup: a tar whose members are written as streams, and a manifest at its end. Pure.

Nothing is laid aside meanwhile: a member's header is written again once its size is known. The manifest holds a digest
of each member, so that a file that was cut off or altered is found before anything is overwritten.
"""

import hashlib
import json
import os
import tarfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from statetrace_ui.operations.backups import BackupError

MANIFEST = "manifest.json"
FORMAT = 1
CHUNK = 1 << 20
BLOCK = tarfile.BLOCKSIZE


class Writer:
    """Writes members, and in the end the manifest, to a file that only its owner may read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digests: dict[str, str] = {}

    def add(self, name: str, content: IO[bytes]) -> int:
        """The number of bytes that were read."""
        start, digest, size = self._file.tell(), hashlib.sha256(), 0
        self._file.write(bytes(BLOCK))
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            size += self._file.write(chunk)
        self._file.write(bytes(-size % BLOCK))
        end = self._file.tell()
        self._file.seek(start)
        self._file.write(_header(name, size))
        self._file.seek(end)
        self._digests[name] = digest.hexdigest()
        return size

    def finish(self, manifest: dict[str, Any]) -> None:
        content = json.dumps({**manifest, "format": FORMAT, "digests": self._digests}, indent=1).encode()
        self._file.write(_header(MANIFEST, len(content)) + content + bytes(-len(content) % BLOCK) + bytes(2 * BLOCK))


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
    return member.tobuf(tarfile.GNU_FORMAT)


@contextmanager
def written(path: Path) -> Iterator[Writer]:
    """A writer to `path`, which appears when all is written, readable by its owner alone. Raises BackupError."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}. Choose another place.") from None
    try:
        with os.fdopen(descriptor, "w+b") as file:
            os.fchmod(descriptor, 0o600)  # also if it was there before
            yield Writer(file)
            file.flush()
            os.fsync(descriptor)
        unfinished.rename(path)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}. Is there room?") from None
    finally:
        unfinished.unlink(missing_ok=True)


class Reader:
    """Reads a backup. Raises BackupError if it is none, or not whole."""

    def __init__(self, path: Path) -> None:
        self._opened = ExitStack()
        try:
            self._tar = self._opened.enter_context(tarfile.open(path))  # noqa: SIM115 - the stack closes it
            self.manifest: dict[str, Any] = json.loads(self.member(MANIFEST).read())
        except OSError as error:
            self.close()
            raise BackupError(f"{path} cannot be read: {error.strerror}.") from None
        except (tarfile.TarError, KeyError, ValueError):
            self.close()
            raise BackupError(f"{path} is no backup, or its end is missing. Choose another file.") from None
        if self.manifest.get("format") != FORMAT:
            self.close()
            raise BackupError(f"{path} was made by another version, whose backups this one does not read.")

    def member(self, name: str) -> IO[bytes]:
        """Raises KeyError."""
        content = self._tar.extractfile(name)
        if content is None:
            raise KeyError(name)
        return content

    def check(self) -> None:
        """Read everything once. Raises BackupError if a byte is not what it was."""
        for name, expected in self.manifest["digests"].items():
            try:
                found = _digest(self.member(name))
            except (KeyError, tarfile.TarError, OSError):
                found = ""
            if found != expected:
                raise BackupError(
                    f"The backup is damaged: its part {name} is not what was written. Choose another file."
                )

    def close(self) -> None:
        self._opened.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
