"""What the API answers, as typed dictionaries: names of fields are those of the API. Pure."""

from typing import Any, Literal, TypedDict

Page = dict[str, Any]
Status = Literal["Passed", "Failed", "Excluded"]


class FlowName(TypedDict):
    name: str
    user_flow_id: str


class Flow(FlowName):
    description: str
    autosync: int
    status: str
    waiting: int | None
    paused_at: str | None


class Tag(TypedDict):
    key: str
    value: str


class Session(TypedDict, total=False):
    session_id: str
    user_flow_id: str
    name: str | None
    description: str | None
    status: Status
    start_time: str
    end_time: str | None
    device_model: str | None
    revision: int
    tags: list[Tag]


class Measurement(TypedDict):
    session_id: str
    key: str
    type: str
    units: str | None
    value: str
    number: float | None


class Event(TypedDict):
    session_id: str
    label_id: str
    label_type: str
    name: str
    category: str | None
    start_time: float
    end_time: float
    data: str | None
    label_group_id: str | None


class Run(TypedDict):
    run_id: int
    outcome: Literal["queued", "running", "done", "failed", "cancelled"]
    requested_at: str
    started_at: str | None
    finished_at: str | None
    sessions_total: int
    sessions_done: int
    rows: dict[str, int]
    attempt: int
    retry_at: str | None
    error: str


class Verification(TypedDict):
    verification_id: int
    by_content: bool
    outcome: Literal["queued", "running", "done", "failed", "cancelled"]
    requested_at: str
    finished_at: str | None
    sessions: int
    rows: int
    waiting: int
    differing: int
    differences: list[dict[str, Any]]
    error: str


class Target(TypedDict):
    target_id: int
    name: str
    organisation: str
    recipient: str | None
    place: str
    added_at: str
    accepted_at: str | None


class Credentials(TypedDict):
    host: str
    port: str
    database: str
    user: str
    password: str
