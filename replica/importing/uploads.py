"""Files that people and programs send: some are imported at a time, and each lies in a folder while it is."""

from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from django.core.files.uploadedfile import UploadedFile

MOST_FILES = 20
# An import may take hundreds of MB: so many at a time in a process.
IMPORTING = BoundedSemaphore(2)


def keep(folder: Path, number: int, file: "UploadedFile[Any]") -> Path:
    path = place(folder, number, file.name or "")
    with path.open("wb") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
    return path


def place(folder: Path, number: int, name: str) -> Path:
    """A path that the name of the file ends: its session is called so. Each in a folder of its own."""
    last = "".join(character for character in Path(name).name if character.isprintable())[-100:]
    inside = folder / str(number)
    inside.mkdir()
    return inside / (last if last.strip(".") else "upload")
