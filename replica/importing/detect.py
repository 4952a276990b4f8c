"""Which format a file has, told by its content; and reading it, compressed or not, within bounds."""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replica.importing.art_trace import is_art_trace, read_art_trace
from replica.importing.bundle import Bundle, ImportFailed
from replica.importing.chrome_trace import is_chrome_trace, read_chrome_trace
from replica.importing.cpuprofile import read_cpuprofile
from replica.importing.har import read_har
from replica.importing.labels_json import looks_like_labels, read_labels
from replica.importing.timeseries_csv import looks_like_csv, read_timeseries_csv
from replica.importing.untrusted import json_value
from replica.importing.validate import validated

LARGEST_MIB = 512
CHUNK = 1 << 20
BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Imported:
    """What a file holds: a bundle for every session in it, and a digest of its (unpacked) content."""

    name: str
    digest: str
    bundles: tuple[Bundle, ...]


def read_file(path: Path, largest_mib: int = LARGEST_MIB) -> Imported:
    """Read a file of any known format; ImportFailed names the file and says what is wrong with it."""
    try:
        content = _content(path, largest_mib)
        bundles = tuple(validated(bundle) for bundle in read_bundles(content))
        if all(bundle == Bundle(bundle.metadata, tags=bundle.tags) for bundle in bundles):
            raise ImportFailed("the file holds nothing that could be imported")
    except OSError as error:
        raise ImportFailed(f"{path}: cannot be read: {error.strerror or error}") from None
    except ImportFailed as error:
        raise ImportFailed(f"{path.name}: {error}") from None
    return Imported(path.name, hashlib.sha256(content).hexdigest(), bundles)


UNKNOWN = (
    "not a format that can be imported; known are Android method traces, .cpuprofile, Chrome traces, HAR, "
    "time series as CSV and labels as JSON"
)


def read_bundles(content: bytes) -> list[Bundle]:
    """The sessions that the unpacked content of a file describes."""
    if not content.strip():
        raise ImportFailed("the file is empty")
    if is_art_trace(content):
        return read_art_trace(content)
    if content.removeprefix(BOM).lstrip()[:1] in (b"{", b"["):
        return _of_json(json_value(content))
    if looks_like_csv(content):
        return read_timeseries_csv(content)
    raise ImportFailed(UNKNOWN)


def _of_json(value: Any) -> list[Bundle]:
    if is_chrome_trace(value):
        return read_chrome_trace(value)
    if isinstance(value, dict) and "log" in value:
        return read_har(value)
    if isinstance(value, dict) and "nodes" in value:
        return read_cpuprofile(value)
    if looks_like_labels(value):
        return read_labels(value)
    raise ImportFailed(UNKNOWN)


def _content(path: Path, largest_mib: int) -> bytes:
    """The whole file, unpacked if it is gzip, as long as that is not more than the limit."""
    largest = largest_mib << 20
    if path.exists() and not path.is_dir() and not path.is_file():
        # Opening a pipe that nobody writes to would wait for ever.
        raise ImportFailed("this is a device or a pipe; give a file")
    with path.open("rb") as file:
        packed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        chunks = iter(lambda: file.read(CHUNK), b"")
        return _joined(_unpacked(chunks) if packed else chunks, largest, packed)


def _joined(chunks: Iterator[bytes], largest: int, packed: bool) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > largest:
            raise ImportFailed(
                f"the file holds more than {largest >> 20} MiB{' when unpacked' if packed else ''}, "
                "which is the most that is imported"
            )
    return bytes(content)


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The content of one gzip member after another, a bounded piece at a time."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(wbits=31)
                yield unpacker.decompress(rest, CHUNK)
                rest = unpacker.unused_data or unpacker.unconsumed_tail
    except zlib.error as error:
        raise ImportFailed(f"the gzip data is damaged: {error}") from None
    if not unpacker.eof:
        raise ImportFailed("the gzip data ends too early; was the file copied completely?")
