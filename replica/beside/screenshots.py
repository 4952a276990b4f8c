"""Keeps screenshots as files of our own side: for each organisation and session one folder, which appears whole."""

import shutil
import tempfile
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import orjson
from django.conf import settings

from replica.beside.pictures import thinned
from statetrace_ui.web.models import Organisation

Picture = tuple[float, bytes]  # ms since the session's start, and the image
INDEX = "index.json"  # the moments, in order; the images are files by their numbers


def keep(organisation: Organisation, session_id: str, pictures: Sequence[Picture]) -> None:
    """Make these the session's screenshots, in order of time."""
    if not pictures:
        return
    folder = _folder(organisation, session_id)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    chosen = thinned(pictures)
    for number, (_, image) in enumerate(chosen):
        (made / str(number)).write_bytes(image)
    (made / INDEX).write_bytes(orjson.dumps([ms for ms, _ in chosen]))
    shutil.rmtree(folder, ignore_errors=True)
    made.rename(folder)


def moments(organisation: Organisation, session_id: str) -> list[float]:
    """When each screenshot was taken, in ms; nothing where there are none on this machine."""
    try:
        found: list[float] = orjson.loads((_folder(organisation, session_id) / INDEX).read_bytes())
    except FileNotFoundError:
        return []
    return found


def image(organisation: Organisation, session_id: str, number: int) -> bytes | None:
    try:
        return (_folder(organisation, session_id) / str(number)).read_bytes()
    except FileNotFoundError:
        return None


def forget(session_id: str) -> None:
    for folder in Path(settings.SCREENSHOTS_DIR).glob(f"*/{_name(session_id)}"):
        shutil.rmtree(folder, ignore_errors=True)


def _folder(organisation: Organisation, session_id: str) -> Path:
    return Path(settings.SCREENSHOTS_DIR, str(organisation.pk), _name(session_id))


def _name(session_id: str) -> str:
    """A digest: a replica that others fill may call a session anything."""
    return blake2b(session_id.encode(), digest_size=16).hexdigest()
