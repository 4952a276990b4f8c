"""The content of a file: unpacked if it is gzip, and never more than the limits."""

import zlib
from collections.abc import Iterator
from pathlib import Path

from replica.importing.bundle import ImportFailed
from replica.importing.progress import Report, ignore_progress

CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
# Files that were recorded shrink to a tenth or so; those that were made to fill the memory, to a thousandth.
LARGEST_RATIO, ALWAYS_UNPACKED = 50, 16 << 20
REPORTED = 64 << 20  # bytes between two lines of progress


def read_content(path: Path, largest_mib: int, progress: Report = ignore_progress) -> bytes:
    """The whole file, unpacked; ImportFailed if that is more than `largest_mib`, OSError if it cannot be read."""
    if path.exists() and not path.is_dir() and not path.is_file():
        # Opening a pipe that nobody writes to would wait for ever.
        raise ImportFailed("this is a device or a pipe; give a file")
    with path.open("rb") as file:
        is_packed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        chunks = iter(lambda: file.read(CHUNK), b"")
        if is_packed:
            chunks = _plausible(_unpack(chunks), path.stat().st_size)
        return _join(_reporting(chunks, path.name, progress), largest_mib << 20, is_packed)


def _join(chunks: Iterator[bytes], largest: int, is_packed: bool) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > largest:
            raise ImportFailed(
                f"the file holds more than {largest >> 20} MiB{' when unpacked' if is_packed else ''}, "
                "which is the most that is imported"
            )
    return bytes(content)


def _plausible(chunks: Iterator[bytes], packed: int) -> Iterator[bytes]:
    """The same, as long as it is not implausibly much for a file of `packed` bytes."""
    unpacked = 0
    for chunk in chunks:
        unpacked += len(chunk)
        if unpacked > max(ALWAYS_UNPACKED, packed * LARGEST_RATIO):
            raise ImportFailed(
                f"the file unpacks to more than {LARGEST_RATIO} times its size, as if it was made to fill the memory; "
                "if it was not, unpack it with gunzip and import what comes out"
            )
        yield chunk


def _reporting(chunks: Iterator[bytes], name: str, progress: Report) -> Iterator[bytes]:
    read = 0
    for chunk in chunks:
        if (read + len(chunk)) // REPORTED > read // REPORTED:
            progress(f"Reading {name}: {(read + len(chunk)) >> 20} MiB …")
        read += len(chunk)
        yield chunk


def _unpack(chunks: Iterator[bytes]) -> Iterator[bytes]:
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
