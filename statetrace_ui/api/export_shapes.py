"""What the API takes and gives of user flows, of their exports, and of what is deleted."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from replica.schema.table_types import CHOOSABLE
from statetrace_ui.api.shapes import LongText, Name, Taken


def _known_type(value: str) -> str:
    if value not in CHOOSABLE:
        raise ValueError(f"choose of {', '.join(CHOOSABLE)}")
    return value


TableType = Annotated[str, AfterValidator(_known_type), Field(json_schema_extra={"enum": CHOOSABLE})]
Limit = Annotated[int | None, Field(ge=1, le=100_000)]


class FlowWish(Taken):
    name: Name
    description: LongText = ""


class FlowId(BaseModel):
    user_flow_id: str


class FlowName(BaseModel):
    name: str
    user_flow_id: str


class Flows(BaseModel):
    user_flows: list[FlowName]
    next_cursor: str | None


class Flow(FlowName):
    description: str
    autosync: Literal[0, 1]
    status: str = Field(description="Inactive, Out of Sync, Syncing, Error or In Sync.")
    waiting: int | None = Field(description="Sessions that wait to be exported; null if a database does not answer.")


class Settings(BaseModel):
    """null: as the organisation's default, which is off, all tables and no limit until somebody changes it."""

    autosync: Literal[0, 1] | None = Field(description="1: whenever a session is added or updated.")
    table_types: list[str] | None = Field(description="Those that are exported beside flow and sessions.")
    keep_days: int | None = Field(description="Sessions that began longer ago are taken from the replica.")
    keep_newest: int | None = Field(description="Of more sessions than these the oldest are taken from the replica.")


class SettingsWish(Taken):
    """What is left out stays as it is. null follows the organisation's default again."""

    autosync: Literal[0, 1] | None = None
    table_types: list[TableType] | None = None
    keep_days: Limit = None
    keep_newest: Limit = None


class SyncWish(Taken):
    again: bool = Field(False, description="Copy all sessions, also those that are in sync.")
    session_id: UUID | None = Field(None, description="Copy this session alone.")


NO_SYNC_WISH = SyncWish(again=False, session_id=None)


class Run(BaseModel):
    run_id: int
    outcome: Literal["queued", "running", "done", "failed", "cancelled"]
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    sessions_total: int
    sessions_done: int
    rows: dict[str, int] = Field(description="Committed rows by table.")
    attempt: int
    retry_at: datetime | None
    error: str


class Runs(BaseModel):
    exports: list[Run]
    next_cursor: str | None


class SessionExport(BaseModel):
    session_id: str
    user_flow_id: str
    status: Literal["In Sync", "Out of Sync"]
    flow_status: str


class ReplicaSettings(BaseModel):
    """What holds for exports without settings of their own, and for the organisation's own tools."""

    autosync: Literal[0, 1]
    table_types: list[str] | None = Field(description="null: all.")
    keep_days: int | None
    keep_newest: int | None
    by_mail: bool = Field(description="Managers get an e-mail when an export fails or recovers.")
    webhook_id: int | None = Field(description="The endpoint that is told the same.")
    connection_limit: int | None = Field(description="Of the organisation's own role; null while there is no replica.")


class ReplicaSettingsWish(Taken):
    """What is left out stays as it is."""

    autosync: Literal[0, 1] | None = None
    table_types: list[TableType] | None = None
    keep_days: Limit = None
    keep_newest: Limit = None
    by_mail: bool | None = None
    webhook_id: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    connection_limit: Annotated[int | None, Field(ge=1, le=20)] = None


class DeletionTold(BaseModel):
    deletion_id: int
    kind: Literal["session", "flow", "replica"]
    subject: str
    name: str
    rows: dict[str, int] = Field(description="That it takes from the store, by table; of a replica, from there.")
    requested_at: datetime
    finished_at: datetime | None
    error: str = Field(description="Why the last attempt did not finish; the next one follows within a minute.")


class Deletions(BaseModel):
    deletions: list[DeletionTold]
    next_cursor: str | None
