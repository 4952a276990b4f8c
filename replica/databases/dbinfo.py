"""What a tool must know of an organisation's replica: where it is, and what is in it. Never the password.

Page, command and API say the same; `as_dict` is made of texts, numbers, lists and dictionaries alone.
"""

from dataclasses import asdict, dataclass
from typing import Any

from replica.databases import credentials
from replica.databases.connections import NoReplica
from replica.databases.models import Replica
from replica.databases.schema_report import schema_report
from replica.databases.tls import tls_of
from replica.schema.actual import ActualTable
from replica.schema.columns import Column, Table
from replica.schema.description import LEGACY, TABLES
from statetrace_ui.web.models import Organisation


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    name: str
    type: str
    unit: str
    meaning: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class TableInfo:
    """table_type: as the document names it. key: the columns that tell rows apart, none for points of series."""

    name: str
    table_type: str
    meaning: str
    key: list[str]
    columns: list[ColumnInfo]


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    """Host, port and user are empty if somebody else fills the replica: its operator hands them out.

    ssl_mode: '' on a socket of the machine itself. password_state: `none`, `unrevealed` or `handed out`.
    """

    filled_by_dashboard: bool
    host: str
    port: int | None
    database: str
    user: str
    ssl_mode: str
    connection_limit: int | None
    password_state: str
    tables: list[TableInfo]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def dbinfo(organisation: Organisation) -> DatabaseInfo:
    """Raises NoReplica (404) before the first sync, and a UserError (503) if flows' own tables cannot be asked for."""
    replica = Replica.objects.filter(organisation=organisation).exclude(reader_url="").first()
    if replica is None:
        raise NoReplica
    tables = [*map(table_info, TABLES), *_legacy_tables(replica)]
    if not replica.owner_url:
        return DatabaseInfo(False, "", None, replica.database, "", "", None, "none", tables)
    access = credentials.access(replica)
    return DatabaseInfo(
        filled_by_dashboard=True,
        host=access.host,
        port=int(access.port),
        database=access.database,
        user=access.user,
        ssl_mode=tls_of(replica).mode,
        connection_limit=access.limit,
        password_state=_password_state(replica),
        tables=tables,
    )


def table_info(table: Table) -> TableInfo:
    return TableInfo(table.name, table.table_type, table.meaning, list(table.key), [*map(_column, table.columns)])


def _column(column: Column) -> ColumnInfo:
    return ColumnInfo(column.name, column.type, column.unit, column.meaning, nullable=not column.required)


def _password_state(replica: Replica) -> str:
    return "unrevealed" if replica.first_password else "handed out" if replica.credentials_reset_at else "none"


def _legacy_tables(replica: Replica) -> list[TableInfo]:
    if not replica.legacy_tables:
        return []
    return [*map(_legacy_info, schema_report(replica.organisation).legacy)]


def _legacy_info(table: ActualTable) -> TableInfo:
    columns = [
        ColumnInfo(one.name, one.type, "", one.comment, nullable=one.name != "session_id")
        for one in table.columns.values()
    ]
    meaning = table.comment.removeprefix(f"{LEGACY}: ")
    return TableInfo(table.name, LEGACY, meaning, ["session_id"], columns)
