"""How an import tells how far it has come. Pure."""

from collections.abc import Callable

Report = Callable[[str], None]  # takes a line before each step, and within long ones


def ignore_progress(_: str) -> None:
    pass
