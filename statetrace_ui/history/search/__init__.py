"""Answers questions to the history: which changes match, newest first, and how far back it has looked."""

from statetrace_ui.history.search.answers import Answer, changes, committed_at, every, lowered, steps
from statetrace_ui.history.search.records import Record, records

__all__ = ["Answer", "Record", "changes", "committed_at", "every", "lowered", "records", "steps"]
