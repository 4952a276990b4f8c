"""Reads a file of any known format. Its content decides which format that is; its name does not."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replica.importing.bundle import Bundle, ImportFailed
from replica.importing.content import read_content
from replica.importing.format import Format
from replica.importing.formats import FORMATS, titles
from replica.importing.untrusted import BOM, json_value
from replica.importing.validate import validate

LARGEST_MIB = 512


@dataclass(frozen=True)
class SessionFile:
    """A file that was read: a bundle for every session in it, and a digest of its unpacked content."""

    name: str
    digest: str
    bundles: tuple[Bundle, ...]


def read_file(path: Path, largest_mib: int = LARGEST_MIB) -> SessionFile:
    """Read a file of any known format; ImportFailed names the file and says what is wrong with it."""
    try:
        content = read_content(path, largest_mib)
        bundles = tuple(validate(bundle) for bundle in read_bundles(content))
        if all(bundle == Bundle(bundle.metadata, tags=bundle.tags) for bundle in bundles):
            raise ImportFailed("the file holds nothing that could be imported")
    except OSError as error:
        raise ImportFailed(f"{path}: cannot be read: {error.strerror or error}") from None
    except ImportFailed as error:
        raise ImportFailed(f"{path.name}: {error}") from None
    return SessionFile(path.name, hashlib.sha256(content).hexdigest(), bundles)


def read_bundles(content: bytes) -> list[Bundle]:
    """The sessions that the unpacked content of a file describes."""
    if not content.strip():
        raise ImportFailed("the file is empty")
    is_json = content.removeprefix(BOM).lstrip()[:1] in (b"{", b"[")
    value = json_value(content) if is_json else content
    return detect(value).read(value)


def detect(content: Any) -> Format:
    """The one format that recognises the content: bytes, or the value of a JSON text."""
    found = [known for known in FORMATS if known.recognises(content)]
    if not found:
        raise ImportFailed(f"not a format that can be imported; known are {titles()}")
    if len(found) > 1:
        raise ImportFailed(f"the file could be {' or '.join(one.title for one in found)}")
    return found[0]
