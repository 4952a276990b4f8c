"""What the API takes and gives of user flows, of their exports, and of what is deleted."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Query
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from replica.schema.table_types import CHOOSABLE
from statetrace_ui.api.shapes import LongText, Name, Taken


def _known_type(value: str) -> str:
    if value not in CHOOSABLE:
        raise ValueError(f"choose of {', '.join(CHOOSABLE)}")
    return value


TableType = Annotated[str, AfterValidator(_known_type), Field(json_schema_extra={"enum": CHOOSABLE})]
TargetId = Annotated[
    int | None, Query(ge=1, le=2**63 - 1, description="The copy in this target, not that in the own replica.")
]
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
    paused_at: datetime | None = Field(description="Since then AutoSync waits.")


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


class Difference(BaseModel):
    """source, copy: the numbers of rows."""

    session: str
    table: str
    source: int
    copy_: int = Field(alias="copy")
    what: str


class Verification(BaseModel):
    """sessions: compared so far. waiting: of other versions, which a sync brings. differences: the first ones."""

    verification_id: int
    by_content: bool
    outcome: Literal["queued", "running", "done", "failed", "cancelled"]
    requested_at: datetime
    finished_at: datetime | None
    sessions: int
    rows: int
    waiting: int
    differing: int = Field(description="Sessions.")
    differences: list[Difference]
    error: str


class Verifications(BaseModel):
    verifications: list[Verification]
    next_cursor: str | None


class TargetWish(Taken):
    """Either `url` or `recipient`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
    url: Annotated[str | None, Field(min_length=1, max_length=2_000)] = Field(
        None, description="postgresql://user:password@host:5432/database, an empty one. It is never shown again."
    )
    recipient: Annotated[str | None, Field(min_length=1, max_length=50)] = Field(
        None, description="The short name of another organisation."
    )


class Target(BaseModel):
    target_id: int
    name: str
    organisation: str = Field(description="Whose flows are copied there: this one, or one that offers them.")
    recipient: str | None = Field(description="Whose replica it is; null for a database of one's own.")
    place: str
    added_at: datetime
    accepted_at: datetime | None = Field(description="null: a manager of the recipient has to accept it first.")


class Targets(BaseModel):
    targets: list[Target]
    next_cursor: str | None


class Copy(BaseModel):
    target_id: int
    status: str
    waiting: int | None


class Copies(BaseModel):
    targets: list[Copy]


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


class RotationWish(Taken):
    hours: Annotated[
        int, Field(ge=1, le=720, description="How long the present password works beside the new one.")
    ] = 24


class Credentials(BaseModel):
    host: str
    port: str
    database: str
    user: str
    password: str


class DeletionTold(BaseModel):
    deletion_id: int
    kind: Literal["session", "flow", "copy", "replica"]
    subject: str
    name: str
    rows: dict[str, int] = Field(description="That it takes from the store, by table; of a replica, from there.")
    requested_at: datetime
    finished_at: datetime | None
    error: str = Field(description="Why the last attempt did not finish; the next one follows within a minute.")


class Deletions(BaseModel):
    deletions: list[DeletionTold]
    next_cursor: str | None
