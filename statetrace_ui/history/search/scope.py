"""What of a history a question concerns: sources, tables, kinds of changes, and periods as ranges of ids."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.core.exceptions import ObjectDoesNotExist

from statetrace_ui.history.models import Change, Relation, Source, Table
from statetrace_ui.history.queries.change_lists import ids_of
from statetrace_ui.history.queries.sources import chosen_sources
from statetrace_ui.history.question.matching import chosen
from statetrace_ui.history.question.names import KINDS
from statetrace_ui.history.question.terms import Choice, Question
from statetrace_ui.history.search import fields
from statetrace_ui.history.table_names import split_name
from statetrace_ui.wal.masking import Masker
from statetrace_ui.web.models import Organisation

LISTED = "IUDTAE"  # where no kind is asked for; gaps are listed anyway


@dataclass(frozen=True, slots=True)
class Part:
    """The changes of a source with ids from `first` until before `end`."""

    source_id: int
    first: int
    end: int


@dataclass(frozen=True)
class Scope:
    """tables: ids; None for all, also changes of none. kinds: letters, without that of gaps.

    with_gaps: whether gaps are listed: they are wherever changes may be missing.
    """

    question: Question
    sources: Sequence[Source]
    parts: Sequence[Part]
    tables: Sequence[int] | None
    kinds: str
    with_gaps: bool
    after: int = -1

    @property
    def is_empty(self) -> bool:
        return not self.parts or not self.kinds or self.tables == []

    @property
    def in_baselines(self) -> bool:
        return Change.Kind.BASELINE in self.kinds

    @property
    def branches(self) -> list[str]:
        """Of partitions."""
        stream = ["stream"] if self.kinds != Change.Kind.BASELINE else []
        return [*stream, "baseline"] if self.in_baselines else stream

    @cached_property
    def all_tables(self) -> list[Table]:
        return list(Table.objects.filter(source__in=self.sources))

    @cached_property
    def shapes(self) -> list[fields.Shape]:
        """Of the tables that are asked for."""
        found = Relation.objects.filter(source__in=self.sources)
        if self.tables is not None:
            found = found.filter(table_id__in=self.tables)
        return [self._shape(row) for row in found.order_by("pk")]

    def _shape(self, row: Relation) -> fields.Shape:
        mask, sends_old = self.masks.get(row.source_id), row.replica_identity == "f"
        return fields.Shape(row.pk, row.source_id, row.table_id, row.columns, sends_old, mask)

    @cached_property
    def masks(self) -> dict[int, Callable[[str], str]]:
        """{source: what writes a value as its digests}, of the sources that have masked something."""
        return {source.pk: mask for source in self.sources if (mask := mask_of(source))}


def scope_of(organisation: Organisation, question: Question, after: int = -1) -> Scope:
    """after: only changes with higher ids are asked for."""
    sources = chosen_sources(organisation, question.sources)
    kinds = kinds_of(question)
    tables = _tables(sources, question)
    parts = list(_parts(sources, question, after))
    return narrowed(Scope(question, sources, parts, tables, kinds, question.gap is not False, after))


def narrowed(scope: Scope) -> Scope:
    """The scope without tables and kinds that the conditions on fields rule out."""
    tables, kinds = scope.tables, scope.kinds
    for condition in scope.question.fields:
        if not condition.excluded:
            having = fields.tables_of(condition, scope.shapes)
            tables = [one for one in (having if tables is None else tables) if one in having]
            kinds = "".join(kind for kind in kinds if kind in fields.kinds_of(condition))
    return replace(scope, tables=tables, kinds=kinds)


def kinds_of(question: Question) -> str:
    """The letters of the kinds that are asked for. Rows of baselines are listed only if they are."""
    if question.gap:
        return ""
    words = KINDS if question.kinds.wanted else [word for word, letter in KINDS.items() if letter in LISTED]
    return "".join(KINDS[word] for word in words if chosen(question.kinds, word))


def _parts(sources: Sequence[Source], question: Question, after: int) -> Iterator[Part]:
    for source in sources:
        if period := ids_of(source, question.start, question.end):
            first, end = max(period[0], after + 1), period[1]
            if first < end:
                yield Part(source.pk, first, end)


def _tables(sources: Sequence[Source], question: Question) -> list[int] | None:
    """The ids of the tables that are asked for, with or without their schema."""
    if not question.tables:
        return None
    known = Table.objects.filter(source__in=sources)
    choice = Choice(tuple(map(_plain, question.tables.wanted)), tuple(map(_plain, question.tables.excluded)))
    return [one.pk for one in known if chosen(choice, one.table_name, f"{one.schema_name}.{one.table_name}")]


def _plain(name: str) -> str:
    """A name without the quotation marks that it needs elsewhere: `my.schema.orders` of `"my.schema".orders`."""
    parts = split_name(name) if '"' in name else None
    return ".".join(parts) if parts else name


def mask_of(source: Source) -> Callable[[str], str] | None:
    """The room `capture` keeps the key; a source that has never masked anything has none."""
    try:
        return Masker(bytes.fromhex(source.masking_key.key)).mask_once
    except ObjectDoesNotExist:
        return None
