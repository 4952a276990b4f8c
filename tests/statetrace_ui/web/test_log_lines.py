"""Whatever is logged is one line, so that nobody can write a line of their own into the log."""

import logging
from typing import Any

import pytest
from django.conf import settings

from statetrace_ui.web.log_lines import OneLine, in_one_line


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\0", "\x1b", "\x85", "\u2028", "\u202e", "\ud800"])
def test_what_breaks_or_hides_a_line_is_escaped(sign: str) -> None:
    shown = in_one_line(f"before{sign}after")
    assert shown.isprintable()
    assert shown.startswith("before\\")
    assert shown.endswith("after")


def test_letters_of_all_languages_stay() -> None:
    assert in_one_line("Grüße, 世界 🙂") == "Grüße, 世界 🙂"


def formatted(message: str, error: Exception | None = None) -> list[str]:
    record = logging.LogRecord("name", logging.INFO, "", 1, "%s: 0 rows", (message,), None)
    if error:
        record.exc_info = (type(error), error, error.__traceback__)
    return OneLine("{levelname} {message}", style="{").format(record).splitlines()


def test_a_message_with_a_line_break_is_one_line() -> None:
    assert formatted("shop\nERROR forged") == ["INFO shop\\nERROR forged: 0 rows"]


def test_a_traceback_cannot_be_taken_for_a_message() -> None:
    first, *others = formatted("shop", ValueError("x\nERROR forged"))
    assert first == "INFO shop: 0 rows"
    assert "    ERROR forged" in others
    assert all(line.startswith("    ") for line in others)


def test_the_site_logs_so() -> None:
    logging_settings: Any = settings.LOGGING
    used = {
        logging_settings["formatters"][handler["formatter"]]["()"] for handler in logging_settings["handlers"].values()
    }
    assert used == {f"{OneLine.__module__}.{OneLine.__qualname__}"}
