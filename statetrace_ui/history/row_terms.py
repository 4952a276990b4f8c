"""What of a row can be asked for alone or excluded: each value as a label and the part of a line that names it."""

from statetrace_ui.history.change_rows import ChangeRow
from statetrace_ui.history.diff import FieldChange, FieldKind
from statetrace_ui.history.models import Session, Transaction
from statetrace_ui.history.question.names import KINDS
from statetrace_ui.history.question.terms import Comparison, Operator
from statetrace_ui.history.question.writing import compared, term
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.history.values import Value
from statetrace_ui.wal.masking import short_digest

Pairs = list[tuple[str, str]]  # (label, part of a line)
WORDS = {code: word for word, code in KINDS.items()}
LONGEST = 80  # of values and addresses that a line may name
MOST_FIELDS = 5
WITH_NEW = (FieldKind.ADDED, FieldKind.CHANGED, FieldKind.UNKNOWN)


def of_table(row: ChangeRow) -> Pairs:
    if not row.table:
        return []
    return [(row.table, term("table", qualified_name(row.change.schema_name, row.change.table_name)))]


def of_kind(row: ChangeRow) -> Pairs:
    part = f"kind:{WORDS[row.kind]}" if row.kind in WORDS else "gap"
    return [(row.kind.label, part)]


def of_request(row: ChangeRow) -> Pairs:
    """Who did it and through what, or that nothing is known of it."""
    if not row.action:
        commit = row.change.transaction.kind == Transaction.Kind.COMMIT
        return [("no action", "outside")] if commit else []
    action = row.action
    pairs = of_actor(row.session) if row.session else []
    texts = (("url", action.url), ("method", action.method), ("version", action.version))
    return pairs + [(text, term(name, text)) for name, text in texts if _can_be_named(text)]


def of_actor(session: Session) -> Pairs:
    told = session.actor_id or session.actor_email or session.actor_full_name
    return [(str(session), term("actor", told))] if _can_be_named(told) else []


def of_application(session: Session) -> Pairs:
    name = session.application_id
    return [(name, term("app", name))] if _can_be_named(name) else []


def of_field(field: FieldChange) -> Pairs:
    """The field, and the value that it got."""
    named = term("field", field.name)
    pairs = [(field.name, named)]
    if field.kind in WITH_NEW and _is_told(field):
        value = "null" if field.new is None else str(field.new)
        pairs.append((f"{field.name} = {value}", f"{named} {compared('new', Comparison(Operator.EQUALS, value))}"))
    return pairs


def of_row(row: ChangeRow) -> Pairs:
    application = of_application(row.session) if row.session else []
    source = row.change.source.name
    return [
        *of_table(row),
        *of_kind(row),
        *of_request(row),
        *application,
        *(pair for field in row.touched[:MOST_FIELDS] for pair in of_field(field)),
        (source, term("source", source)),
    ]


def _can_be_named(text: Value) -> bool:
    return isinstance(text, str) and 0 < len(text) <= LONGEST and text.isprintable()


def _is_told(field: FieldChange) -> bool:
    """Whether the value is known, whole, and short enough for a line."""
    if field.new is None:
        return True
    return _can_be_named(field.new) and not (field.masked and short_digest(field.new))
