"""Values that were too large to be kept, as pages show and compare them. Pure."""

from typing import Any

from statetrace_ui.wal.records import Row


def with_cuts(row: Row | None, cuts: dict[str, Any] | None) -> Row | None:
    """The row with a note behind each beginning. Values that differ after their beginnings have different notes.

    cuts: as `Change.cut` has them for this row.
    """
    if row is None or not cuts:
        return row
    return {name: f"{value}{_note(cuts[name])}" if name in cuts else value for name, value in row.items()}


def _note(cut: dict[str, Any]) -> str:
    return f"… (cut by capture: {cut['bytes']:,} bytes in all, SHA-256 {cut['sha256']})"
