"""Links from rows to the records that their foreign keys name, each as of the row's moment, for a page at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.urls import reverse

from statetrace_ui.history import queries
from statetrace_ui.history.change_rows import ChangeRow, record_label, record_url, table_label
from statetrace_ui.history.models import Change, Relation, Table, TableDisplay
from statetrace_ui.history.queries.excerpts import excerpts_after, excerpts_before
from statetrace_ui.history.question.terms import Comparison, Operator
from statetrace_ui.history.question.writing import compared, term
from statetrace_ui.history.references.keys import (
    Columns,
    Link,
    Links,
    is_comparable,
    is_masked,
    key_of_record,
    referred_values,
)
from statetrace_ui.history.references.lookups import Asked, last_changes
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.history.values import Value, Values
from statetrace_ui.wal.foreign_keys import ForeignKey

MOST_LOOKED_UP = 200  # records of a page; others are linked without a label
Tables = Mapping[tuple[int, tuple[str, str]], tuple[Table, Columns]]  # {(source, name): with its newest columns}
Displays = Mapping[tuple[int, int | None], TableDisplay]


@dataclass(frozen=True, slots=True)
class Referring:
    """A row that may refer to others. columns: of its table then. shown: those that get links.

    until, at: its moment, and how addresses name that.
    """

    table: Table
    columns: Columns
    row: Mapping[str, Value]
    shown: Collection[str]
    until: int
    at: str


@dataclass(frozen=True, slots=True)
class Named:
    """A record that a row names by a key. record: its key as it is stored; '' where only a search can find it."""

    row: Referring
    key: ForeignKey
    table: Table
    columns: Columns
    values: Mapping[str, str]
    record: str

    @property
    def asked(self) -> Asked:
        return Asked(self.table.source_id, self.table.pk, self.record, self.row.until)


def links_of(rows: Sequence[Referring]) -> list[Links]:
    """The links of each row, by column. A few statements for all of them."""
    tables = _tables_referred_to(rows)
    named = [list(_named(row, tables)) for row in rows]
    asked = dict.fromkeys(one.asked for ones in named for one in ones if one.record)
    known = last_changes(list(asked)[:MOST_LOOKED_UP])
    displays = queries.displays_of(known.values())
    return [_by_column([(one, _link(one, known, displays)) for one in ones]) for ones in named]


def link_changes(rows: Iterable[ChangeRow]) -> None:
    """Give links to rows that are about to be shown unfolded: to what the records were as of the change."""
    referring = [row for row in rows if row.change.table and row.change.table.foreign_keys]
    links = iter(links_of([side for row in referring for side in _sides(row)]))
    for row in referring:
        row.old_links, row.new_links = next(links), next(links)


def _sides(row: ChangeRow) -> tuple[Referring, Referring]:
    """The row before, and the row after."""
    change = row.change
    before = {**(row.earlier or {}), **(excerpts_before(change) or {})}
    return _side(row, before), _side(row, excerpts_after(change) or {})


def _side(row: ChangeRow, values: Values) -> Referring:
    change, shown = row.change, {field.name for field in row.fields}
    until = max(change.pk, change.transaction.last_change or 0)
    return Referring(change.table, change.columns, values, shown, until, str(change.pk))  # type: ignore[arg-type]


def _keys(table: Table) -> list[ForeignKey]:
    return [ForeignKey.from_json(key) for key in table.foreign_keys]


def _tables_referred_to(rows: Sequence[Referring]) -> Tables:
    """Each is looked for in the source of the row that refers to it alone."""
    names = {(row.table.source_id, key.table) for row in rows for key in _keys(row.table)}
    if not names:
        return {}
    sources = {source for source, _ in names}
    found = Table.objects.filter(source__in=sources, table_name__in={table for _, (_, table) in names})
    tables = {table.pk: table for table in found if (table.source_id, _name(table)) in names}
    shapes = Relation.objects.filter(source__in=sources, table_id__in=tables).order_by("table_id", "-id")
    return {
        (shape.source_id, _name(tables[shape.table_id])): (tables[shape.table_id], shape.columns)
        for shape in shapes.distinct("table_id")
    }


def _name(table: Table) -> tuple[str, str]:
    return table.schema_name, table.table_name


def _named(row: Referring, tables: Tables) -> Iterator[Named]:
    for key in _keys(row.table):
        table, columns = tables.get((row.table.source_id, key.table), (None, ()))
        if table and is_comparable(key, row.columns, columns) and not set(key.columns).isdisjoint(row.shown):
            values = referred_values(key, row.row)
            record = key_of_record(values, columns)
            if record or (values and not is_masked(key.to, columns)):
                yield Named(row, key, table, columns, values, record)


def _link(one: Named, known: Mapping[Asked, Change], displays: Displays) -> Link:
    table = table_label(one.table)
    if not one.record:
        return Link(_question(one), table, ", ".join(one.values.values()))
    url = record_url(one.table.source_id, *_name(one.table), one.record)
    url += f"&at={quote(one.row.at, safe='')}" if one.row.at else ""
    change = known.get(one.asked)
    display = displays.get((one.table.source_id, one.table.pk))
    label = ChangeRow(change, display=display).label if change else ""
    return Link(url, table, record_label(one.record, one.columns), label, change is not None)


def _question(one: Named) -> str:
    """The changes by which a record got the values, where they are not those of the key by which it is kept."""
    fields = [
        f"{term('field', name)} {compared('new', Comparison(Operator.EQUALS, value))}"
        for name, value in one.values.items()
    ]
    query = {"source": one.table.source_id, "table": qualified_name(*_name(one.table)), "q": " ".join(fields)}
    return f"{reverse('history:changes')}?{urlencode(query)}"


def _by_column(links: Iterable[tuple[Named, Link]]) -> Links:
    """For each column those that there were, else the first: of a partitioned table only one can be meant."""
    found: dict[str, list[Link]] = defaultdict(list)
    for one, link in links:
        for column in one.key.columns:
            found[column].append(link)
    return {column: [link for link in several if link.exists] or several[:1] for column, several in found.items()}
