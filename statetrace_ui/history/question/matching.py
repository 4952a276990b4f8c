"""Whether a text is one that a choice asks for. Pure."""

import re

from statetrace_ui.history.question.terms import Choice

STAR = "*"
EXACTLY = "="  # before who an actor is said to be: none but this one


def chosen(choice: Choice, *texts: str) -> bool:
    """Whether what is called by the texts is wanted and not excluded. All is wanted where nothing is named."""
    return (not choice.wanted or _named(choice.wanted, texts)) and not _named(choice.excluded, texts)


def _named(patterns: tuple[str, ...], texts: tuple[str, ...]) -> bool:
    return any(re.fullmatch(regular_expression(pattern), text, re.DOTALL) for pattern in patterns for text in texts)


def regular_expression(pattern: str) -> str:
    """`*` stands for any characters. PostgreSQL reads it as Python does."""
    return ".*".join(map(re.escape, re.split(r"\*+", pattern)))
