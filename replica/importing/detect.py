"""Reads a file of any known format. Its content decides which format that is; its name does not."""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from replica.importing.bundle import Bundle, ImportFailed
from replica.importing.content import read_content
from replica.importing.format import Format
from replica.importing.formats import FORMATS, chrome_trace, titles
from replica.importing.progress import Report, ignore_progress
from replica.importing.untrusted import BOM, json_value
from replica.importing.validate import validate

LARGEST_MIB = 512
BEGINS_JSON = re.compile(rb"(?:%s)?\s*[{\[]" % BOM)


@dataclass(frozen=True)
class SessionFile:
    """A file that was read: a bundle for every session in it, and a digest of its unpacked content."""

    name: str
    digest: str
    bundles: tuple[Bundle, ...]


def read_file(path: Path, largest_mib: int = LARGEST_MIB, progress: Report = ignore_progress) -> SessionFile:
    """Read a file of any known format; ImportFailed names the file and says what is wrong with it."""
    try:
        content = read_content(path, largest_mib, progress)
        digest = hashlib.sha256(content).hexdigest()
        bundles = tuple(validate(bundle) for bundle in read_bundles(content))
        if all(_is_empty(bundle) for bundle in bundles):
            raise ImportFailed("the file holds nothing that could be imported")
    except OSError as error:
        raise ImportFailed(f"{path}: cannot be read: {error.strerror or error}") from None
    except ImportFailed as error:
        raise ImportFailed(f"{path.name}: {error}") from None
    return SessionFile(path.name, digest, bundles)


def _is_empty(bundle: Bundle) -> bool:
    return bundle == Bundle(bundle.metadata, tags=bundle.tags, left_out=bundle.left_out)


def read_bundles(content: bytes) -> list[Bundle]:
    """The sessions that the unpacked content of a file describes."""
    if content.isspace() or not content:
        raise ImportFailed("the file is empty")
    if BEGINS_JSON.match(content):
        return _read_json(content)
    return detect(content).read(content)


def _read_json(content: bytes) -> list[Bundle]:
    try:
        value = json_value(content)
    except ImportFailed:
        events = chrome_trace.broken_off_events(content)
        if events is None:
            raise
        note = "what came after the last event, for the file has no end"
        return [replace(bundle, left_out=(note, *bundle.left_out)) for bundle in detect(events).read(events)]
    return detect(value).read(value)


def detect(content: Any) -> Format:
    """The one format that recognises the content: bytes, or the value of a JSON text."""
    found = [known for known in FORMATS if known.recognises(content)]
    if not found:
        raise ImportFailed(f"not a format that can be imported; known are {titles()}")
    if len(found) > 1:
        raise ImportFailed(f"the file could be {' or '.join(one.title for one in found)}")
    return found[0]
