"""A comparison as text: for a terminal, for a program, for a note under a pull request."""

from collections.abc import Callable
from typing import Any

import orjson

from replica.compare.sentence import sentence
from replica.compare.subjects import Certainty, Comparison
from replica.comparisons.rows import EntryRow, entry_rows, flow_row
from replica.comparisons.service import Compared

HEAD = ("", "What", "Base", "New", "Shift", "95 % interval", "Certainty")


def verdict(comparison: Comparison) -> str:
    """What a program asks: slower, faster, unclear, or too few."""
    if comparison.too_few:
        return "too few to tell"
    if not comparison.flow.is_clear:
        return "cannot tell"
    return "slower" if comparison.is_slower else "faster"


def as_json(compared: Compared, site: str) -> str:
    """`site` stands in front of the links, whose paths are those of the pages."""
    comparison = compared.comparison
    report = {
        "verdict": verdict(comparison),
        "sentence": sentence(comparison),
        "flow": {"id": compared.question.flow.user_flow_id, "name": compared.question.flow.name},
        "base": _side(compared.question.base, len(compared.groups.base)),
        "new": _side(compared.question.new, len(compared.groups.new)),
        "notes": compared.notes,
        "whole": _entry(flow_row(comparison), site),
        "entries": [_entry(row, site) for row in entry_rows(comparison)],
    }
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()


def _side(selection: str, count: int) -> dict[str, Any]:
    return {"selection": selection, "sessions": count}


def _entry(row: EntryRow, site: str) -> dict[str, Any]:
    entry, shift = row.entry, row.entry.shift
    return {
        "kind": row.subject.kind,
        "name": row.subject.name,
        "place": row.subject.place,
        "within": row.within,
        "unit": row.subject.unit,
        "certainty": entry.certainty.word,
        "base": row.base,
        "new": row.new,
        "shift": shift.value if shift else None,
        "low": shift.low if shift else None,
        "high": shift.high if shift else None,
        "p": entry.p,
        "q": entry.q,
        "values": {"base": row.subject.base_values, "new": row.subject.new_values},
        "links": {"base": f"{site}{row.base_href}", "new": f"{site}{row.new_href}"},
    }


def as_text(compared: Compared, _site: str) -> str:
    lines = [_cells(row) for row in _told(compared.comparison)]
    widths = [max(map(len, column)) for column in zip(HEAD, *lines, strict=True)]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (HEAD, *lines)]
    return "\n".join([sentence(compared.comparison), *compared.notes, "", *(line.rstrip() for line in table)])


def as_markdown(compared: Compared, site: str) -> str:
    rows = [_markdown_row(row, site) for row in _told(compared.comparison)]
    head = ["| What | Base | New | Shift | 95 % interval | Certainty |", "|---|---:|---:|---:|---:|---|"]
    notes = [f"\n{note}" for note in compared.notes]
    return "\n".join([f"**{_escaped(sentence(compared.comparison))}**", *notes, "", *head, *rows])


def _markdown_row(row: EntryRow, site: str) -> str:
    name = f"{'&nbsp;&nbsp;' * row.depth}{_escaped(row.subject.name)}"
    linked = [
        f"[{text}]({site}{href})" if site and href else text
        for text, href in ((row.base_text, row.base_href), (row.new_text, row.new_href))
    ]
    return f"| {' | '.join([name, *linked, row.shift_text, row.interval_text, row.entry.certainty.word])} |"


def _escaped(text: str) -> str:
    """Text of foreign origin, letter by letter."""
    flat = " ".join(text.split())
    for sign in "\\`*_[]<>|#":
        flat = flat.replace(sign, f"\\{sign}")
    return flat


def _told(comparison: Comparison) -> list[EntryRow]:
    """What is clear or likely; all of it where there are too few sessions for either word."""
    rows = entry_rows(comparison)
    told = [row for row in rows if row.entry.certainty != Certainty.CANNOT_TELL]
    return [flow_row(comparison), *told]


def _cells(row: EntryRow) -> tuple[str, ...]:
    name = f"{'  ' * row.depth}{row.subject.name}"
    return (
        row.subject.kind,
        name if len(name) <= 60 else f"{name[:59]}…",
        row.base_text,
        row.new_text,
        row.shift_text,
        row.interval_text,
        row.entry.certainty.word,
    )


FORMATS: dict[str, Callable[[Compared, str], str]] = {"text": as_text, "json": as_json, "markdown": as_markdown}
