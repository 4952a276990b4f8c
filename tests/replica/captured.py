"""A replica with sessions of every shape, written by SQL as somebody else's tool might write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import psycopg

FLOW = "11111111-2222-4333-8444-555555555555"
EMPTY_FLOW = "11111111-2222-4333-8444-666666666666"
FULL = "aaaaaaaa-0000-4000-8000-000000000001"  # holds everything
BARE = "aaaaaaaa-0000-4000-8000-000000000002"  # only its metadata, no end
EXCLUDED = "aaaaaaaa-0000-4000-8000-000000000003"
HOSTILE_SESSION = "aaaaaaaa-0000-4000-8000-000000000004"
HOSTILE = "</script><script>alert(1)</script>"
LONG = "x" * 1000
ROWS = Path(__file__).with_name("captured.sql")


@dataclass(frozen=True)
class Captured:
    """Where the replica is, and a way to put more into it."""

    url: str
    alias: str

    def execute(self, statement: str, *parameters: Any) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(statement, parameters or None)


def fill(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(Template(ROWS.read_text()).substitute(globals()))
