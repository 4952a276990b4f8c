"""One line for each thing that is logged: foreign text in it must not look like another."""

import logging
import re
from typing import Any

# Line breaks of every kind, other control characters, and signs that turn the direction of what follows.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def in_one_line(text: str) -> str:
    """The text with such characters escaped: `\\n` as two characters."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class OneLine(logging.Formatter):
    """Escapes messages; indents tracebacks, which quote foreign text too."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's name
        record.message = in_one_line(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the base class's name
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"    {in_one_line(line)}" for line in lines)
