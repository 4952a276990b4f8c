"""Cells of a CSV file that a spreadsheet shows, and does not run. Pure."""

import re
from datetime import datetime
from typing import Any

# What begins a formula, in half and full width, and what spreadsheets skip before they look for one.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
MARK = "'"


def harmless(value: Any) -> Any:
    """The value as a cell: behind an apostrophe if a spreadsheet could take it for a formula."""
    if isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    return MARK + value if value.lstrip(" ").startswith(FORMULA) and not NUMBER.fullmatch(value) else value
