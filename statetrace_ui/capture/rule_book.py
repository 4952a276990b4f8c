"""Column rules in the dashboard's database: reads and changes those of a source."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from statetrace_ui.accounts import security_log
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.capture.models import ColumnRule, MaskingKey
from statetrace_ui.capture.patterns import Pattern
from statetrace_ui.capture.rules import STRICTNESS, OwnRule, Rules
from statetrace_ui.history.models import Source
from statetrace_ui.installation import command
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.records import Relation, Rule, Ruling
from statetrace_ui.wal.shapes import Shape
from statetrace_ui.web.errors import UserError

MOST_NAMES = 20
# A pattern with its rule; None takes the pattern's rule away.
RuleChange = tuple[Pattern, Rule | None]


def rules_of(source: Source) -> Rules:
    """Read them after the source: should they change in between, what was read by them is refused by the store."""
    own = (OwnRule(Pattern.parse(one.pattern), _rule(one.action)) for one in source.column_rules.all())
    return Rules(own, (source.annotation_schema, source.annotation_table))


def masker_of(source: Source) -> Masker:
    key, _ = MaskingKey.objects.get_or_create(source=source)
    return Masker(bytes.fromhex(key.key))


def ruling_of(source: Source) -> Ruling:
    """What gives each relation of the source the rules of its columns."""
    return partial(rules_of(source).apply, masker=masker_of(source))


def change_rules(source: Source, changes: Sequence[RuleChange]) -> bool:
    """Change rules in one transaction of ours. Whatever is stored after it is stored by the new rules.

    Returns whether anything changed. Tables of which more will be stored than before get a new baseline. Raises
    UserError.
    """
    for pattern, rule in changes:
        literal = pattern.schema.literal and pattern.table.literal
        named = literal and rules_of(source).is_annotations(pattern.schema.text, pattern.table.text)
        if named and rule in ("mask", "exclude"):
            raise UserError(
                f"The table {pattern.table} cannot be masked or excluded: sessions and actions are read from it.",
                "Leave the rule out.",
            )
    with transaction.atomic():
        # A flush that is under way holds this lock; those that follow see the new revision.
        locked = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        before = rules_of(locked)
        changed = [_change(locked, pattern, rule) for pattern, rule in changes]
        if not any(changed):
            return False
        locked.tables = _without_loosened(locked.tables, before, rules_of(locked))
        for change, is_new in zip(changes, changed, strict=True):
            if is_new:
                _record(locked, *change)
        locked.rules_revision = F("rules_revision") + 1
        locked.save(update_fields=["rules_revision", "tables"])
    source.refresh_from_db(fields=["rules_revision", "tables"])
    return True


def _record(source: Source, pattern: Pattern, rule: Rule | None) -> None:
    subject = f"{source}: {rule or 'default'} {pattern}"
    security_log.record(Event.RULES_CHANGED, subject, organisation=source.organisation)


def _change(source: Source, pattern: Pattern, rule: Rule | None) -> bool:
    """Whether that changed anything."""
    known = ColumnRule.objects.filter(source=source, pattern=str(pattern))
    if rule is None:
        return known.delete()[0] > 0
    if known.filter(action=rule).exists():
        return False
    ColumnRule.objects.update_or_create(source=source, pattern=str(pattern), defaults={"action": rule})
    return True


def _without_loosened(tables: dict[str, Any], before: Rules, after: Rules) -> dict[str, Any]:
    """The tables that need no baseline; the table watch takes one of each table that is missing."""
    shapes = {oid: Shape.from_json(shape) for oid, shape in tables.items()}
    return {oid: shape for oid, shape in tables.items() if not _loosened(shapes[oid].relation, before, after)}


def _loosened(relation: Relation, before: Rules, after: Rules) -> bool:
    """Whether more of the table is stored by the new rules than by the old."""
    schema, table = relation.schema_name, relation.table_name
    return any(
        STRICTNESS[after.of_column(schema, table, column).rule]
        < STRICTNESS[before.of_column(schema, table, column).rule]
        for column in relation.columns
    )


def _rule(action: str) -> Rule:
    return ColumnRule.Action(action).value  # type: ignore[return-value]


def told(source: Source, relations: Iterable[Relation]) -> Iterator[str]:
    """What the source's rules do to these tables, and how to change that, in lines for a terminal."""
    acting = list(acting_columns(rules_of(source), relations))
    if not acting:
        yield "No column looks as if it held secrets: all values are stored in clear."
    for name, words in acting[:MOST_NAMES]:
        yield f"  {name}: {words}"
    if len(acting) > MOST_NAMES:
        yield f"  and {len(acting) - MOST_NAMES:,} more: `{command(f'column_rules {source} --list')}`"
    yield f"Change that with `{command(f'column_rules {source} --keep schema.table.column')}`, --mask or --exclude."


def acting_columns(rules: Rules, relations: Iterable[Relation]) -> Iterator[tuple[str, str]]:
    """(table or column, what happens to it and why) of everything that is not stored in clear."""
    for relation in relations:
        schema, table = relation.schema_name, relation.table_name
        of_table = rules.of_table(schema, table)
        if of_table.rule == "exclude":
            yield str(Pattern.of(schema, table)), f"not captured ({of_table.why})"
            continue
        for column in relation.columns:
            verdict = rules.of_column(schema, table, column)
            if verdict.acts:
                words = "masked" if verdict.rule == "mask" else "not captured"
                yield str(Pattern.of(schema, table, column.name)), f"{words} ({verdict.why})"
