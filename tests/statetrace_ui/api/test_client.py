"""The client and its command, and what docs/api.md shows of both."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from replica.exports.models import UserFlowExport
from statetrace_ui.client import Refused, Statetrace, client, command
from statetrace_ui.wsgi import application
from tests.statetrace_ui.api.conftest import SESSION, Caller
from tests.statetrace_ui.api.in_process import one_connection

DOCS = (Path(__file__).parents[3] / "docs/api.md").read_text()
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CLIENT = httpx.Client


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch, api: Caller) -> Iterator[None]:
    """Clients reach this process's own application; pauses take no time."""
    inner = httpx.WSGITransport(app=application)
    monkeypatch.setattr(httpx, "Client", lambda **options: CLIENT(**{**options, "transport": inner}))
    monkeypatch.setattr(client, "_pause", lambda *_: 0.0)
    monkeypatch.setenv("STATETRACE_TOKEN", api.text)
    with one_connection():
        yield


@pytest.fixture
def site(api: Caller) -> Iterator[Statetrace]:
    with Statetrace("http://localhost", api.text) as opened:
        yield opened


def test_the_python_of_the_docs_runs(api: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    for code in [code for language, code in BLOCK.findall(DOCS) if language == "python"]:
        exec(code, {"TOKEN": api.text})
    told = capsys.readouterr().out
    assert "Load 1.5\nVerdict fast\n" in told
    assert "queued ['queued', 'cancelled']\n" in told


def test_the_shell_of_the_docs_runs(capsys: pytest.CaptureFixture[str]) -> None:
    [lines] = [code for language, code in BLOCK.findall(DOCS) if language == "sh"]
    for line in lines.splitlines():
        program, api, *arguments = shlex.split(line)
        assert (program, api) == ("statetrace", "api")
        assert command.main(arguments) == 0, capsys.readouterr().err
        assert json.loads(capsys.readouterr().out)


def test_every_operation_stands_in_the_docs() -> None:
    from statetrace_ui.api.v0 import description

    for path, methods in description()["paths"].items():
        told = re.sub(r"\{\w+?_?id\}", "{id}", path.removeprefix("/v0/"), count=1)
        if not all(details.get("deprecated") for details in methods.values()):
            assert told in DOCS or f"/{told.rpartition('/')[2]}`" in DOCS, told


def test_lists_are_read_to_their_end(site: Statetrace, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"Flow {number}" for number in range(3)]
    for name in names:
        site.put_user_flow(name)
    pages = list(site.pages("userflows", {"limit": "1"}))
    assert [flow["name"] for page in pages for flow in page["user_flows"]] == names
    assert [flow["name"] for flow in site.user_flows()] == names


def test_files_become_sessions(site: Statetrace, flow: UserFlowExport, tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(json.dumps([{"name": "pay", "start_time": 1.5, "end_time": 2}]))
    [first] = site.upload(flow.user_flow_id, [path], status="Failed")
    [again] = site.upload(flow.user_flow_id, [path])
    assert first == again
    [event] = site.events(flow.user_flow_id)
    assert (event["name"], event["start_time"]) == ("pay", 1.5)
    assert site.session(first["session_id"])["status"] == "Failed"


def test_a_file_that_is_no_session_is_told_of(site: Statetrace, flow: UserFlowExport, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(Refused, match="not a format that can be imported") as refused:
        site.upload(flow.user_flow_id, [path])
    assert refused.value.status == 422


def test_an_edit_of_an_older_revision_is_refused(site: Statetrace, flow: UserFlowExport) -> None:
    session = site.add_session(SESSION, flow.user_flow_id)
    assert site.annotate(SESSION, name="Mine", revision=session["revision"])["name"] == "Mine"
    with pytest.raises(Refused) as refused:
        site.annotate(SESSION, name="Theirs", revision=session["revision"])
    assert refused.value.status == 412


def test_a_request_is_repeated_with_its_key_until_it_is_answered(
    api: Caller, monkeypatch: pytest.MonkeyPatch, flow: UserFlowExport
) -> None:
    keys = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ReadError("the answer was lost")
        return httpx.Response(503 if len(keys) == 2 else 202, json={"run_id": 1})

    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(httpx, "Client", lambda **options: CLIENT(**{**options, "transport": transport}))
    monkeypatch.setattr("time.sleep", lambda _: None)
    with Statetrace("http://localhost", api.text) as site:
        assert site.sync(flow.user_flow_id)["run_id"] == 1
    assert len(keys) == 3
    assert len(set(keys)) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["GET", "userflows/nothing"], 1, "404"),
        (["GET", "userflows", "no-pair"], 2, "NAME=VALUE"),
        (["PUT", "userflows", "{"], 2, "Expecting"),
        (["GET", "userflows", "--token-file", "/nowhere"], 2, "/nowhere"),
    ],
)
def test_the_command_tells_what_is_wrong(
    arguments: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == code
    assert told in capsys.readouterr().err


def test_the_command_needs_no_settings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from statetrace_ui.__main__ import main

    monkeypatch.setattr("sys.argv", ["statetrace", "api", "GET", "userflows"])
    monkeypatch.delenv("STATETRACE_TOKEN")
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "STATETRACE_TOKEN" in capsys.readouterr().err
