"""Answers questions to the history: which changes match, newest first, and how far back it has looked."""

from statetrace_ui.history.search.answers import Answer, changes, every

__all__ = ["Answer", "changes", "every"]
