"""The committed recordings, and loading them."""

import gzip
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from replica.exports.models import UserFlowExport
from replica.importing.detect import read_file
from statetrace_ui.demo import recordings
from statetrace_ui.demo.recording import audit
from statetrace_ui.history.models import Change, Relation, Session, Source, Table, Transaction
from statetrace_ui.wal.masking import short_digest
from statetrace_ui.web.models import Organisation

FOLDERS = sorted(path.parent for path in recordings.FOLDER.glob("*/session.json"))
FILES = sorted(path for path in recordings.FOLDER.rglob("*") if path.is_file())


def about(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "session.json").read_text())  # type: ignore[no-any-return]


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_there_are_at_least_three_sessions_of_each_variant_in_less_than_5_mb() -> None:
    variants = [about(folder)["tags"]["variant"] for folder in FOLDERS]
    assert min(variants.count("fast"), variants.count("slow")) >= 3
    assert sum(path.stat().st_size for path in FILES) < 5_000_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_recordings_name_no_other_machine_and_no_folder_of_one(path: Path) -> None:
    content = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
    hosts = set(re.findall(r"https?:\\?/\\?/([\w.-]+)", content)) - {"127.0.0.1", "www.w3.org"}
    assert hosts == set()
    assert not re.search(r"[\"'(:]/(?:home|root|tmp|usr|work|var|opt)/", content)
    assert "file:" not in content


def test_the_recorded_people_have_passwords_and_none_is_told() -> None:
    users = [
        change.new["password"]
        for transaction in audit.read(recordings.FOLDER / recordings.AUDIT)
        for change in transaction.changes
        if change.relation.table_name == "auth_user" and change.new
    ]
    assert all(map(short_digest, users))
    assert len(set(users)) == 5


def test_the_foreign_keys_are_those_of_the_shop(organisation: Organisation, store: str) -> None:
    recordings.load(organisation)
    columns = {
        shape.table_name: {column["name"]: column["key"] for column in shape.columns}
        for shape in Relation.objects.filter(source__organisation=organisation)
    }
    for table, keys in recordings.REFERENCES.items():
        assert keys.keys() <= columns[table].keys()
        assert all(columns[other]["id"] for other in keys.values())
        assert len(Table.objects.get(table_name=table).foreign_keys) == len(keys)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_everything_measured_lies_within_the_session(folder: Path) -> None:
    bundles = {name: read_file(folder / name).bundles[0] for name in recordings.MEASURED}
    labels = [label for label in bundles["labels.json"].labels if label.type == "user"]
    assert all(0 <= label.start_ms <= label.end_ms for label in labels)
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(labels))
    profile = bundles["profile.cpuprofile"].profile
    assert profile
    assert profile.calls.start_us.min() >= 0
    assert {series.key for series in bundles["series.csv"].series} == {"js_heap", "dom_nodes", "main_thread", "frames"}
    assert len(bundles["session.har"].exchanges) > 50


SLOW = [folder for folder in FOLDERS if about(folder)["tags"]["variant"] == "slow"]  # a fast sort may miss all samples


@pytest.mark.parametrize("folder", SLOW, ids=lambda folder: folder.name)
def test_the_profile_shows_the_sort_where_the_label_says_it_was(folder: Path) -> None:
    """Profile and labels come from different clocks; the step's own function shows that they were brought together."""
    [label] = [label for label in read_file(folder / "labels.json").bundles[0].labels if label.name == "Sort by price"]
    profile = read_file(folder / "profile.cpuprofile").bundles[0].profile
    assert profile
    sorting = [method.id for method in profile.methods if method.name and method.name.endswith("sortCards")]
    starts = [
        start / 1000
        for start, method in zip(profile.calls.start_us, profile.calls.method_id, strict=True)
        if method in sorting
    ]
    assert any(label.start_ms <= start <= label.end_ms for start in starts)


@pytest.fixture
def loaded(store: str, organisation: Organisation) -> str:
    recordings.load(organisation)
    return store


def test_loading_makes_sessions_of_one_user_flow(loaded: str, organisation: Organisation) -> None:
    export = UserFlowExport.objects.get(organisation=organisation, name="Buy a product")
    found = rows(loaded, f"SELECT status, name FROM session_metadata WHERE user_flow_id = '{export.user_flow_id}'")
    assert sorted(name for _, name in found) == sorted(about(folder)["name"] for folder in FOLDERS)
    assert {status.strip() for status, _ in found} == {"Passed"}
    query = "SELECT count(DISTINCT session_id) FROM {}"
    for table in ("session_labels", "session_timeseries_data", "capture_sessions", "function_call_site"):
        assert rows(loaded, query.format(table)) == [(len(FOLDERS),)]


def test_the_browser_is_a_tag_and_its_device_is_the_host(loaded: str) -> None:
    columns = "SELECT DISTINCT device_model, device_os_version, host_os FROM session_metadata"
    assert rows(loaded, columns) == [(None, None, "Linux")]
    browsers = rows(loaded, "SELECT tag_value FROM session_tags WHERE tag_key = 'browser'")
    assert len(browsers) == len(FOLDERS)
    assert all(browser.startswith("chromium ") for (browser,) in browsers)


def test_every_recording_has_a_link_to_its_page(loaded: str) -> None:
    assert rows(loaded, "SELECT count(*) FROM session_metadata WHERE session_link ~ ('/captured/' || session_id)") == [
        (len(FOLDERS),)
    ]


def test_both_sides_meet(loaded: str) -> None:
    """Every captured session names an audited one, which began and ended while it ran."""
    query = (
        "SELECT tag_value, start_time, end_time FROM session_tags JOIN session_metadata USING (session_id) "
        "WHERE tag_key = 'statetrace_session_id'"
    )
    tagged = rows(loaded, query)
    assert len(tagged) == len(FOLDERS)
    for key, start, end in tagged:
        session = Session.objects.get(key=key)
        actions = session.actions.order_by("at")
        assert [action.url.split("/")[1] for action in actions] == ["sign-in", "cart", "cart", "checkout"]
        assert start < session.started_at.replace(tzinfo=None) < session.last_at.replace(tzinfo=None) < end


def test_the_history_begins_with_a_baseline_and_belongs_to_a_stopped_source(
    loaded: str, organisation: Organisation
) -> None:
    source = Source.objects.get(organisation=organisation)
    assert (source.name, source.url, source.status) == ("shop (recorded)", "", Source.Status.RECORDED)
    kinds = list(Transaction.objects.order_by("commit_lsn").values_list("kind", flat=True))
    assert kinds[0] == "baseline"
    assert set(kinds[1:]) == {"commit"}
    assert Change.objects.filter(table__table_name="shop_product", kind="B").count() == 48
    assert not Transaction.objects.filter(kind="commit", actions=None).exists()


def test_loading_again_changes_nothing(loaded: str, organisation: Organisation) -> None:
    query = "SELECT session_id, revision, changed_at FROM bookkeeping.session_revisions ORDER BY 1"
    before = rows(loaded, query), Change.objects.count()
    recordings.load(organisation)
    assert (rows(loaded, query), Change.objects.count()) == before


def test_two_organisations_may_load_them(loaded: str, organisation: Organisation) -> None:
    recordings.load(Organisation.objects.create(name="Elsewhere", slug="elsewhere"))
    assert rows(loaded, "SELECT count(*) FROM session_metadata") == [(2 * len(FOLDERS),)]
    assert Source.objects.count() == 2


def test_a_recorded_transaction_is_read_as_it_was_written() -> None:
    first, *_ = audit.read(recordings.FOLDER / recordings.AUDIT)
    assert first.kind == "baseline"
    assert all(change.kind == "B" for change in first.changes)
