"""Ids of a replica in addresses: any text that a column may hold, integers with a sign, and threads."""

import re

ESCAPED = re.compile(r"[~/]")
ESCAPE = re.compile(r"~([0-9A-F]{2})")
EMPTY = "~"


class TextId:
    """One segment of a path for any text: slashes are escaped, as are `.` and `..`, and `~` alone is empty or NULL."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return "" if value == EMPTY else ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)

    def to_url(self, value: str | None) -> str:
        if not value:
            return EMPTY
        return value.replace(".", "~2E") if value in (".", "..") else ESCAPED.sub(_escape, value)


class SignedInteger:
    """An id that may be negative: traces of some kinds number threads so."""

    regex = "-?[0-9]+"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class ThreadNumber:
    """A thread of a profile by its number, or all of them."""

    regex = "all|[0-9]{1,9}"

    def to_python(self, value: str) -> int | None:
        return None if value == "all" else int(value)

    def to_url(self, value: int | None) -> str:
        return "all" if value is None else str(value)


def _escape(found: re.Match[str]) -> str:
    return f"~{ord(found[0]):02X}"
