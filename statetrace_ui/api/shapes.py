"""What the API takes and gives, as its document names it. Times of sessions are ISO 8601; those within one, seconds."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SessionStatusName = Literal["Passed", "Failed", "Excluded"]
LONGEST_S = 366 * 86_400.0


def _text(most: int, least: int = 0) -> Any:
    return StringConstraints(min_length=least, max_length=most)


Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"\S")]
LongText = Annotated[str, _text(65_535)]
Key = Annotated[str | None, _text(128, 1)]
TagKey = Annotated[str, _text(64, 1)]
TagValue = Annotated[str, _text(128, 1)]


class Taken(BaseModel):
    """A body. A name that it does not have is refused: a wish with a typing error must not pass for granted."""

    model_config = ConfigDict(extra="forbid")


class Tag(Taken):
    key: TagKey
    value: TagValue


# Sessions


class SessionWish(Taken):
    """A session without files: what it is about. Measurements, labels and files may follow."""

    user_flow_id: UUID
    status: SessionStatusName | None = None
    name: Name | None = None
    description: LongText | None = None
    start_time: datetime | None = None
    tags: list[Tag] = Field(default_factory=list, max_length=200)


class Annotation(Taken):
    """What is left out stays as it is. `tags` are all that the session is to have, beside those that imports write."""

    name: Annotated[str, _text(255)] | None = None
    description: LongText | None = None
    status: SessionStatusName | None = None
    tags: list[Tag] | None = Field(None, max_length=200)


class SessionRow(BaseModel):
    session_id: str
    user_flow_id: str
    name: str | None
    description: str | None
    status: str
    start_time: datetime
    end_time: datetime | None
    hostname: str | None
    host_country: str | None
    host_city: str | None
    host_lat: float | None
    host_lng: float | None
    device_id: str | None
    device_model: str | None
    device_sku: str | None
    device_carrier: str | None
    device_os_version: str | None
    host_os: str | None
    host_os_version: str | None
    session_link: str | None


class Session(SessionRow):
    revision: int
    tags: list[Tag]


class Sessions(BaseModel):
    sessions: list[SessionRow]
    next_cursor: str | None


class LabelWish(Taken):
    """Times are seconds since the session's start; milliseconds are kept."""

    name: Annotated[str, _text(1_024, 1)]
    start_time: float = Field(ge=0, le=LONGEST_S)
    end_time: float = Field(ge=0, le=LONGEST_S)
    category: Annotated[str, _text(1_024)] = ""
    label_type: Annotated[str, _text(256, 1)] = "user"
    data: LongText | dict[str, Any] | list[Any] | None = Field(
        None, description="Text, or JSON, which is kept as text."
    )
    label_group_id: Annotated[str, _text(36)] = ""
    pinned: bool = Field(False, description="Taken, and not kept: the replica has no column for it.")
    video_box: list[tuple[float, float, float, float]] | None = Field(None, max_length=100)


class LabelId(BaseModel):
    label_id: str


class Label(BaseModel):
    session_id: str
    label_id: str
    label_type: str
    name: str
    category: str | None
    start_time: float
    end_time: float
    data: str | None
    label_group_id: str | None


class Labels(BaseModel):
    events: list[Label]
    next_cursor: str | None


# Measurements


class Pair(Taken):
    key: Annotated[str, _text(128, 1)]
    value: float | Annotated[str, _text(512, 1)]
    units: Annotated[str, _text(128)] | None = None


class Upload(Taken):
    """`test_name` is the user flow; it is made if there is none of that name."""

    session_id: UUID
    test_name: Name
    status: SessionStatusName | None = None
    data: list[Pair] = Field(min_length=1, max_length=1_000)


class Uploaded(BaseModel):
    session_id: str
    user_flow_id: str
    measurements: int


class MeasurementRow(BaseModel):
    session_id: str
    key: str
    type: str
    units: str | None
    value: str
    number: float | None


class Measurements(BaseModel):
    measurements: list[MeasurementRow]
    next_cursor: str | None


# Webhooks

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class WebhookWish(Taken):
    name: Annotated[str, _text(100, 1)]
    url: Annotated[str, _text(2_000, 1)]


class Webhook(BaseModel):
    webhook_id: int
    name: str
    host: str
    paused: bool
    added_at: datetime


class NewWebhook(Webhook):
    secret: str


class Webhooks(BaseModel):
    webhooks: list[Webhook]
    next_cursor: str | None


# Audited history


class AuditedChange(BaseModel):
    """`marks` say of values that are not there why: masked, cut, erased, not sent."""

    id: int
    source: str
    at: datetime
    kind: str
    schema_: str = Field(alias="schema")
    table: str
    key: list[Any] | None
    former_key: list[Any] | None
    xid: int | None
    lsn: str
    transaction_kind: str
    actor: str
    actor_id: str | None
    actor_email: str | None
    session: str
    method: str | None
    url: str | None
    version: str | None
    actions: int
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    marks: dict[str, dict[str, str]]


class AuditedChanges(BaseModel):
    changes: list[AuditedChange]
    next_cursor: str | None


class AuditedSession(BaseModel):
    id: int
    source: str
    session: str
    actor: str
    actor_id: str | None
    actor_email: str | None
    application: str | None
    application_type: str | None
    client: str | None
    started_at: datetime
    last_at: datetime
    actions: int
    changes: int
    announced: bool
    erased: bool


class AuditedSessions(BaseModel):
    sessions: list[AuditedSession]
    next_cursor: str | None


# The token itself


class TokenTold(BaseModel):
    name: str
    prefix: str
    organisation: str
    person: str
    role: str
    scopes: list[str] = Field(description="Those that the person's role gives at this moment.")
    expires_at: datetime


# Files


class Imported(BaseModel):
    session_id: str
    left_out: list[str] = Field(description="What of the files is not among it, and why.")


class ImportedSessions(BaseModel):
    sessions: list[Imported]
