"""Spans of a page's timeline as objects again: what static/js/timeline/packed.js does in the browser."""

from typing import Any

NUMBERS = ("start", "end", "colour", "count")


def unpacked(columns: dict[str, Any]) -> list[dict[str, Any]]:
    """The spans that `statetrace_ui.web.timeline.packed` made columns of."""
    return [_span(columns, row) for row in range(len(columns["start"]))]


def _span(columns: dict[str, Any], row: int) -> dict[str, Any]:
    texts = {name: columns[f"{name}s"][columns[name][row]] for name in ("name", "tone")}
    stems = {name: _whole(columns[name], row) for name in ("href", "key")}
    return {name: columns[name][row] for name in NUMBERS} | texts | stems


def _whole(stem: dict[str, Any], row: int) -> str:
    return str(stem["before"] + stem["between"][row] + stem["after"])
