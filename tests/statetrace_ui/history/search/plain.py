"""What a question matches, told by a plain filter in Python over all changes of an organisation."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from statetrace_ui.history.labels import label_column
from statetrace_ui.history.models import Action, Change, Gap, Source, Transaction
from statetrace_ui.history.question.terms import Choice, Comparison, FieldCondition, Operator, Question
from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.wal.masking import Masker

LETTERS = {"insert": "I", "update": "U", "delete": "D", "truncate": "T", "snapshot": "B", "altered": "A"}
BOOLEANS = {
    **dict.fromkeys(("true", "t", "yes", "on", "1"), "t"),
    **dict.fromkeys(("false", "f", "no", "off", "0"), "f"),
}
Cell = tuple[str | None, str]  # a value, and the rule of its column
Row = dict[str, Cell]


@dataclass
class Told:
    """A change with its rows, as far as they are known. before: None where the source did not send the value."""

    change: Change
    new: Row
    old: Row
    actions: Sequence[Action]


class Plain:
    """Everything that is stored of a source. masker: of its digests."""

    def __init__(self, source: Source, masker: Masker) -> None:
        self.source, self.masker = source, masker
        self.told = list(_told(source))
        self.gaps = list(Gap.objects.filter(source=source))
        self.transactions = list(Transaction.objects.filter(source=source, first_change__isnull=False))


def matching(sources: Sequence[Plain], question: Question) -> list[int]:
    """The ids of the changes that match, newest first."""
    chosen = [one for one in sources if _chosen(question.sources, one.source.name)]
    found = [
        told.change.pk
        for one in chosen
        for told in one.told
        if _within(one, told.change, question) and _matches(told, question, one.masker)
    ]
    gaps = [number for one in chosen for number in _gaps(one, question)]
    return sorted([*found, *gaps], reverse=True)


def _gaps(source: Plain, question: Question) -> Iterator[int]:
    if question.gap is False:
        return
    for gap in source.gaps:
        if question.start and gap.until_at and gap.until_at < question.start:
            continue
        if question.end and gap.since_at > question.end:
            continue
        yield gap.entry


def _within(source: Plain, change: Change, question: Question) -> bool:
    """By the log: from the first change that was committed at or after a time."""
    start, end = _first_id(source, question.start), _first_id(source, question.end)
    if question.start and start is None:
        return False
    return change.pk >= (start or 0) and (end is None or change.pk < end)


def _first_id(source: Plain, at: datetime | None) -> int | None:
    if at is None:
        return None
    since = [one for one in source.transactions if one.committed_at >= at]
    return min(since, key=lambda one: (one.committed_at, one.pk)).first_change if since else None


def _told(source: Source) -> Iterator[Told]:
    """The source's changes in their order, each with what its record's previous change left."""
    known: dict[tuple[int | None, str], Row] = {}
    actions: dict[int, list[Action]] = {}
    for action in Action.objects.filter(source=source).select_related("session").order_by("id"):
        actions.setdefault(action.transaction_id, []).append(action)
    for change in (
        Change.objects.filter(source=source).select_related("relation", "table", "transaction").order_by("id")
    ):
        if change.kind in "TSE":
            known = {name: row for name, row in known.items() if name[0] != change.table_id}
        elif change.kind == "A":
            known = {name: _altered(row, change) if name[0] == change.table_id else row for name, row in known.items()}
        rules = {column["name"]: column.get("rule", "keep") for column in change.columns}
        new = {name: (value, rules[name]) for name, value in (change.values_after() or {}).items()}
        sent = {name: (value, rules[name]) for name, value in (change.values_before() or {}).items()}
        before = known.get((change.table_id, change.old_record_key or change.record_key), {})
        fitting = {name: cell for name, cell in before.items() if rules.get(name) == cell[1]}
        old = {**fitting, **sent} if change.kind in "UD" else {}
        yield Told(change, new, old, actions.get(change.transaction_id, []))
        if change.record_key:
            known[change.table_id, change.record_key] = new


def _altered(row: Row, change: Change) -> Row:
    names_now = {before: now for now, before in (change.values_before() or {}).items()}
    kept = {names_now.get(name, name): cell for name, cell in row.items()}
    added = {name: (value, "keep") for name, value in (change.values_after() or {}).items()}
    return {**added, **kept}


def _matches(told: Told, question: Question, masker: Masker) -> bool:
    change = told.change
    return (
        change.kind != "G"
        and not question.gap
        and _kind(change.kind, question.kinds)
        and _chosen(_unquoted(question.tables), change.table_name, f"{change.schema_name}.{change.table_name}")
        and _keyed(change, question.keys, masker)
        and _acted(told.actions, question)
        and _transacted(change.transaction, told.actions, question)
        and _worded(told, question.words, masker)
        and all(_field(told, condition, masker) != condition.excluded for condition in question.fields)
    )


def _unquoted(choice: Choice) -> Choice:
    """No name of these histories needs the quotation marks in which it may stand."""
    return Choice(*(tuple(name.replace('"', "") for name in names) for names in (choice.wanted, choice.excluded)))


def _kind(kind: str, choice: Choice) -> bool:
    wanted = {LETTERS[name] for name in choice.wanted}
    return (kind in wanted if wanted else kind not in "BS") and kind not in {LETTERS[one] for one in choice.excluded}


def _chosen(choice: Choice, *texts: str) -> bool:
    def named(patterns: Sequence[str]) -> bool:
        return any(_like(pattern, text) for pattern in patterns for text in texts)

    return (not choice.wanted or named(choice.wanted)) and not named(choice.excluded)


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def _keyed(change: Change, choice: Choice, masker: Masker) -> bool:
    keys = [json.loads(key) for key in (change.record_key, change.old_record_key) if key]
    columns = [column for column in change.columns if column.get("key")]

    def is_key(text: str) -> bool:
        written = {", ".join(key) for key in keys}
        if any(_like(text, one) for one in written):
            return True
        if "*" in text:
            return False
        parts = text.split(", ") if len(columns) > 1 else [text]
        masked = [
            masker.mask(part) if column.get("rule") == "mask" else part
            for part, column in zip(parts, columns, strict=False)
        ]
        return masked in keys

    return (not choice.wanted or any(map(is_key, choice.wanted))) and not any(map(is_key, choice.excluded))


def _acted(actions: Sequence[Action], question: Question) -> bool:
    asked: list[tuple[Choice, Callable[[Action, str], bool]]] = [
        (question.actors, _by_actor),
        (question.sessions, lambda a, text: bool(a.session and text in (a.session.key, str(a.session.pk)))),
        (question.urls, _at_url),
        (question.methods, lambda a, text: _like(text.lower(), a.method.lower())),
        (question.versions, lambda a, text: _like(text, a.version)),
        (question.applications, lambda a, text: bool(a.session and _like(text, a.session.application_id))),
    ]
    wanted = [(choice.wanted, match) for choice, match in asked if choice.wanted]
    if wanted and not any(all(any(match(a, text) for text in texts) for texts, match in wanted) for a in actions):
        return False
    return not any(match(a, text) for choice, match in asked for text in choice.excluded for a in actions)


def _by_actor(action: Action, text: str) -> bool:
    if not action.session:
        return False
    session = action.session
    words = f"{session.actor_id} {session.actor_full_name}".lower().split()
    return text == session.actor_id or all(
        any(word.startswith(part.lower()) for word in words) for part in text.split()
    )


def _at_url(action: Action, text: str) -> bool:
    if "*" in text:
        return _like(text, action.url)
    return action.url.startswith(text) or (not text.startswith("/") and text in action.url)


def _worded(told: Told, words: Sequence[str], masker: Masker) -> bool:
    return all(_word(told, word, masker) for word in words) or (len(words) > 1 and _is_called(told, " ".join(words)))


def _word(told: Told, word: str, masker: Masker) -> bool:
    change = told.change
    parts = json.loads(change.record_key or "[]")
    return (
        word.lower() in f"{change.schema_name}.{change.table_name}".lower()
        or _keyed(change, Choice((word,)), masker)
        or (len(parts) > 1 and (word in parts or masker.mask(word) in parts))
        or any(_by_actor(action, word) for action in told.actions)
        or _is_called(told, word)
    )


def _is_called(told: Told, text: str) -> bool:
    label = label_column(told.change.columns)
    return bool(label) and told.new.get(label, (None, ""))[0] in (
        text,
        text.upper(),
        text.lower(),
        text.title(),
        text.capitalize(),
    )


def _transacted(found: Transaction, actions: Sequence[Action], question: Question) -> bool:
    if question.outside is not None:
        outside = found.kind == "commit" and not actions
        if not (outside if question.outside else bool(actions)):
            return False
    return _exact(question.xids, str(found.xid)) and _exact(question.lsns, format_lsn(found.commit_lsn))


def _exact(choice: Choice, text: str) -> bool:
    return (not choice.wanted or text in choice.wanted) and text not in choice.excluded


def _field(told: Told, condition: FieldCondition, masker: Masker) -> bool:
    types = {column["name"]: column["type"] for column in told.change.columns}
    keys = {column["name"] for column in told.change.columns if column.get("key")}

    def like(cell: Cell | None, name: str, comparisons: Sequence[Comparison]) -> bool:
        return cell is not None and all(compares(cell, types[name], one, masker) for one in comparisons)

    def at(name: str) -> bool:
        new, old, kind = told.new.get(name), told.old.get(name), told.change.kind
        after = not condition.new or like(new, name, condition.new)
        before = not condition.old or like(old, name, condition.old)
        if kind == "U":
            may_differ = name not in keys or told.change.old is not None
            return new is not None and may_differ and (old is None or old != new) and after and before
        if kind in "IB":
            return bool(condition.new) and not condition.old and after
        return kind == "D" and bool(condition.old) and not condition.new and before

    return any(at(name) for name in types if not condition.name or _like(condition.name, name))


def compares(cell: Cell, written: str, comparison: Comparison, masker: Masker) -> bool:
    (value, rule), operator, text = cell, comparison.operator, comparison.text
    if text == "null" and operator == Operator.EQUALS:
        return value is None
    if value is None:
        return False
    if rule == "mask":
        return operator == Operator.EQUALS and value == masker.mask(text)
    if operator == Operator.CONTAINS:
        return text.lower() in value.lower()
    try:
        if written.startswith(("numeric", "bigint", "integer")):
            return _ordered(Decimal(value), operator, Decimal(text))
        if written == "timestamp with time zone":
            return _ordered(_moment(value), operator, _moment(text))
    except (ValueError, ArithmeticError):
        return False
    if written == "boolean":
        return operator == Operator.EQUALS and BOOLEANS.get(text.lower()) == value
    return _ordered(value, operator, text)


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _ordered(one: Any, operator: Operator, other: Any) -> bool:
    return bool(
        {
            Operator.EQUALS: lambda: one == other,
            Operator.LESS: lambda: one < other,
            Operator.AT_MOST: lambda: one <= other,
            Operator.GREATER: lambda: one > other,
            Operator.AT_LEAST: lambda: one >= other,
        }[operator]()
    )
