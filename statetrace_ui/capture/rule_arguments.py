"""The arguments of commands that set column rules: `--mask`, `--exclude`, `--keep`."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from statetrace_ui.capture.patterns import BadPattern, Pattern
from statetrace_ui.capture.rule_book import RuleChange
from statetrace_ui.web.errors import UserError

WHAT = "schema.table.column or schema.table; * stands for any letters; can be given several times"


def add_rule_arguments(parser: CommandParser) -> None:
    for name, meaning in (
        ("mask", "store keyed digests in place of the values"),
        ("exclude", "store no values; of a whole table: store nothing of it"),
        ("keep", "store the values in clear"),
    ):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="WHAT", help=f"{meaning}. {WHAT}")


def given_rules(options: Mapping[str, Any]) -> list[RuleChange]:
    """The changes that the arguments ask for. Raises UserError."""
    changes: list[RuleChange] = [
        (parse_pattern(text), rule) for rule in ("mask", "exclude", "keep") for text in options[rule]
    ]
    changes.extend((parse_pattern(text), None) for text in options.get("default", ()))
    patterns = [str(pattern) for pattern, _ in changes]
    if twice := next((text for text in patterns if patterns.count(text) > 1), ""):
        raise UserError(f"{twice} is given two rules at once.", "Give it one.")
    return changes


def parse_pattern(text: str) -> Pattern:
    """Raises UserError."""
    try:
        return Pattern.parse(text)
    except BadPattern as error:
        raise UserError(str(error)) from None
