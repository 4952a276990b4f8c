"""The command, from files to rows."""

import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from replica.exports.models import SyncRun, UserFlowExport
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.outcomes import Outcome
from tests.replica.importing.samples import EVENTS, FILES, chrome_trace, har, page

SESSION = "d3bf5f07-e910-11eb-a576-acde48001122"
SAMPLES = Path(__file__).parents[4] / "shared/samples"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store", "organisation")]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return sorted(tmp_path.iterdir())


def run(*arguments: str | Path, flow: str = "Checkout") -> str:
    out = io.StringIO()
    call_command("import_sessions", *map(str, arguments), "--user-flow", flow, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def stored(query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.STORE_URL) as connection:
        return connection.execute(query).fetchall()


def test_every_file_becomes_a_session_and_one_line_sums_it_up(files: list[Path]) -> None:
    lines = run(*files).splitlines()
    assert len(lines) == len(files)
    assert any("“Run 1”, 1 exchange, 1 label, 4 measurements, 2 time series points" in line for line in lines)
    assert any(line.endswith(".json”, 2 labels") for line in lines)
    assert sum(line.endswith("”, 3 calls") for line in lines) == 2
    assert {line.split(":")[0] for line in lines} == {
        row[0] for row in stored("SELECT session_id FROM session_metadata")
    }


def test_importing_again_doubles_nothing(files: list[Path]) -> None:
    assert run(*files) == run(*files, *files)
    assert stored("SELECT count(*), min(revision), max(revision) FROM bookkeeping.session_revisions") == [(7, 2, 2)]


def test_every_page_of_an_archive_is_a_session(tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(har([], [page(1), page(2)]))
    assert len(run(tmp_path / "a.har").splitlines()) == 2


def test_several_files_describe_the_one_session_that_is_named(files: list[Path]) -> None:
    lines = run(*files, "--session", SESSION.upper(), "--start", "2026-03-01T12:00:00+02:00").splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{SESSION}: “Run 1”, ")
    assert stored("SELECT session_id, start_time::text FROM session_metadata") == [(SESSION, "2026-03-01 10:00:00")]


def test_the_pages_of_an_archive_are_labels_of_the_one_session_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(har([], [page(1), page(2, "2026-03-01T10:00:07Z")]))
    run(tmp_path / "a.har", "--session", SESSION, "--name", "Morning")
    assert stored("SELECT name FROM session_metadata") == [("Morning",)]
    assert stored("SELECT name, start_time FROM session_labels ORDER BY 2") == [("Run 1", 0.0), ("Run 2", 7000.0)]


def test_status_and_tags_are_kept(files: list[Path]) -> None:
    run(files[0], "--status", "Excluded", "--tag", "branch=a=b", "--tag", "branch=c")
    assert stored("SELECT trim(status) FROM session_metadata") == [("Excluded",)]
    assert stored("SELECT tag_value FROM session_tags WHERE tag_key = 'branch' ORDER BY 1") == [("a=b",), ("c",)]


def test_the_user_flow_is_made_once(files: list[Path], organisation: Organisation) -> None:
    run(files[0])
    run(files[1])
    export = UserFlowExport.objects.get(organisation=organisation, name="Checkout")
    assert stored("SELECT user_flow_id, name FROM user_flow") == [(export.user_flow_id, "Checkout")]
    assert export.status == UserFlowExport.Status.INACTIVE


def test_an_import_puts_an_export_out_of_sync(files: list[Path]) -> None:
    run(files[0])
    UserFlowExport.objects.update(status=UserFlowExport.Status.IN_SYNC)
    run(files[1])
    assert UserFlowExport.objects.get().status == UserFlowExport.Status.OUT_OF_SYNC
    assert not SyncRun.objects.exists()


def test_autosync_asks_for_a_sync(files: list[Path]) -> None:
    run(files[0])
    UserFlowExport.objects.update(autosync=True)
    run(files[1])
    assert SyncRun.objects.get().outcome == Outcome.QUEUED


def test_an_empty_store_gets_its_tables(
    files: list[Path], new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STORE_URL", new_database())
    assert run(files[0])


DEVICE = {
    "--hostname": "lab-7",
    "--host-country": "Germany",
    "--host-city": "Köln",
    "--host-lat": "50.94",
    "--host-lng": "-6.96",
    "--host-os": "Linux",
    "--host-os-version": "6.12",
    "--device-id": "R58M12ABCDE",
    "--device-model": "Pixel 9",
    "--device-sku": "GUR25",
    "--carrier": "A-Net,B-Net",
    "--device-os": "Android",
    "--device-os-version": "16",
}


def test_options_describe_device_and_host_in_columns_and_standard_tags(files: list[Path]) -> None:
    run(files[0], *(part for option in DEVICE.items() for part in option))
    columns = (
        "hostname, host_country, host_city, host_lat, host_lng, host_os, host_os_version, trim(device_id),"
        " device_model, device_sku, device_carrier, device_os_version"
    )
    numbers = {"--host-lat": 50.94, "--host-lng": -6.96}
    told = [numbers.get(name, value) for name, value in DEVICE.items() if name != "--device-os"]
    assert stored(f"SELECT {columns} FROM session_metadata") == [tuple(told)]
    tags = "SELECT tag_key, tag_value FROM session_tags WHERE tag_key NOT LIKE 'user_flow%' ORDER BY 1, 2"
    assert stored(tags) == [
        ("carrier", "A-Net"),
        ("carrier", "B-Net"),
        ("device_id", "R58M12ABCDE"),
        ("device_os", "Android"),
        ("device_sku", "GUR25"),
        ("geo", "Köln, Germany"),
        ("hostname", "lab-7"),
    ]


def test_a_browser_is_a_tag_and_fills_no_column_of_the_device(files: list[Path]) -> None:
    run(next(path for path in files if path.name == "run.har"))
    assert stored("SELECT device_model, device_os_version, host_os FROM session_metadata") == [(None, None, None)]
    assert stored("SELECT tag_value FROM session_tags WHERE tag_key = 'browser'") == [("Chrome 140.0",)]


def test_every_session_has_a_link_to_its_page(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://statetrace.example.com")
    sessions = [line.split(":")[0] for line in run(*files).splitlines() if not line.startswith(" ")]
    assert stored("SELECT session_id, session_link FROM session_metadata ORDER BY 1") == [
        (session, f"https://statetrace.example.com/captured/{session}/") for session in sorted(sessions)
    ]


def test_without_a_public_address_there_is_no_link_and_one_that_was_known_stays(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "")
    run(files[0])
    assert stored("SELECT session_link FROM session_metadata") == [(None,)]
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://statetrace.example.com")
    run(files[0])
    monkeypatch.setattr(settings, "PUBLIC_URL", "")
    run(files[0])
    assert stored("SELECT session_link ~ '^https://statetrace' FROM session_metadata") == [(True,)]


def test_says_what_of_a_file_was_left_out(tmp_path: Path) -> None:
    (tmp_path / "trace.json").write_bytes(chrome_trace(EVENTS, as_array=True)[:-1])
    assert run(tmp_path / "trace.json").splitlines()[1:] == [
        "  left out: what came after the last event, for the file has no end"
    ]


def test_the_first_import_makes_a_default_organisation(files: list[Path], organisation: Organisation) -> None:
    organisation.delete()
    run(files[0])
    run(files[1])
    assert Organisation.objects.get().slug == "default"
    assert UserFlowExport.objects.get().organisation == Organisation.objects.get()


@pytest.fixture
def elsewhere() -> Organisation:
    return Organisation.objects.create(name="Elsewhere", slug="elsewhere")


def test_with_several_organisations_one_must_be_named(files: list[Path], elsewhere: Organisation) -> None:
    with pytest.raises(CommandError, match=r"Give --organisation SLUG\. Known are: acme, elsewhere") as failed:
        run(files[0])
    assert failed.value.returncode == 2
    assert run(files[0], "--organisation", "elsewhere")
    assert UserFlowExport.objects.get().organisation == elsewhere


def test_an_organisation_that_does_not_exist_is_refused(files: list[Path]) -> None:
    with pytest.raises(CommandError, match=r"no organisation “x”\. Known are: acme"):
        run(files[0], "--organisation", "x")


def test_a_session_of_another_organisation_is_refused(files: list[Path], elsewhere: Organisation) -> None:
    run(files[0], "--session", SESSION, "--organisation", "acme")
    with pytest.raises(CommandError, match="belongs to another user flow"):
        run(files[1], "--session", SESSION, "--organisation", "elsewhere")
    assert not UserFlowExport.objects.filter(organisation=elsewhere).exists()


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        (("--session", "7"), "“7” is not a session id"),
        (("--start", "noon"), "should be a time such as"),
        (("--tag", "no value"), "a tag is KEY=VALUE"),
        (("--tag", f"a={'b' * 129}"), "at most 64 and 128"),
        (("--status", "Broken"), "invalid choice: 'Broken'"),
        (("--name", "a\x00b"), "all of them printable"),
        (("--host-lat", "91", "--host-lng", "0"), "argument --host-lat: this takes degrees from -90 to 90"),
        (("--host-lng", "east", "--host-lat", "0"), "argument --host-lng: this takes degrees from -180 to 180"),
        (("--host-lat", "nan", "--host-lng", "0"), "this takes degrees"),
        (("--host-lat", "50"), "has both a latitude and a longitude: give --host-lat and --host-lng"),
        (("--device-id", "x" * 51), "argument --device-id: this takes 1 to 50 characters"),
        (("--device-os-version", "x" * 21), "this takes 1 to 20 characters"),
        (("--carrier", "a\nb"), "all of them printable"),
        (("--hostname", " "), "this takes 1 to 255 characters"),
    ],
)
def test_an_option_that_is_not_understood_is_refused(option: tuple[str, ...], problem: str, files: list[Path]) -> None:
    with pytest.raises(CommandError, match=problem):
        run(files[0], *option)


def test_a_start_for_several_sessions_is_refused(files: list[Path]) -> None:
    with pytest.raises(CommandError, match="are for one session, but these files hold 7"):
        run(*files, "--start", "2026-03-01T12:00:00Z")


def test_a_broken_file_ends_with_status_2_and_nothing_written(files: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.har.gz"
    broken.write_bytes(gzip.compress(har())[:-9])
    with pytest.raises(CommandError, match=r"^broken\.har\.gz: the gzip data ends too early") as failed:
        run(*files, broken)
    assert failed.value.returncode == 2
    assert stored("SELECT count(*) FROM session_metadata") == stored("SELECT count(*) FROM user_flow") == [(0,)]
    assert not UserFlowExport.objects.exists()


def test_a_pipe_or_a_device_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(CommandError, match="a device or a pipe"):
            run(path)


def test_a_store_that_does_not_answer_or_refuses_is_reported_in_a_sentence(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STORE_URL", "postgresql://nobody:unguessable@127.0.0.1:1/nowhere")
    with pytest.raises(CommandError, match="none was imported") as caught:
        run(*files)
    assert caught.value.returncode == 2
    assert "unguessable" not in str(caught.value)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not here")
def test_imports_the_real_samples() -> None:
    names = ["art-trace-regular.trace.gz", "sucrase.cpuprofile", "chrome116-trace.json", "devtools-github-home.har"]
    lines = run(*(SAMPLES / name for name in names), SAMPLES / "browsertime-chrome-wikipedia.har.gz").splitlines()
    assert sum(not line.startswith("  left out: ") for line in lines) == 4 + 5
    assert stored("SELECT count(*) FROM function_call_site") == [(6_777 + 205_289 + 2_610,)]
    assert stored("SELECT count(*) FROM capture_sessions") == [(20 + 553,)]
