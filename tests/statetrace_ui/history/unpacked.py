"""Opens a download as its reader does."""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from django.core.signals import request_finished
from django.db import close_old_connections


@dataclass(frozen=True)
class Unpacked:
    """The name of the data and the data, and what the files beside them say."""

    name: str
    data: bytes
    about: dict[str, Any]
    text: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.data.splitlines()]


def unpacked(answer: Any) -> Unpacked:
    """answer: the test client's, whose parts are made while it is read."""
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as file:
        assert file.testzip() is None
        name, text, about = file.namelist()
        assert (text, about) == ("about.txt", "about.json")
        return Unpacked(name, file.read(name), json.loads(file.read(about)), file.read(text).decode())


def leave(answer: Any) -> None:
    """Close the answer as a server does whose client has left; the test goes on with its connection."""
    request_finished.disconnect(close_old_connections)
    try:
        answer.close()
    finally:
        request_finished.connect(close_old_connections)
