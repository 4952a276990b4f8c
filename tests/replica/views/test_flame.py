"""The flame graph's addresses: page, tiles, merged trees, exact calls, search, and how they age."""

import html
import json
import re
import zlib
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from django.test import Client

from replica.databases.models import Replica
from statetrace_ui.web.models import Organisation
from tests.replica.generated import PROCESS, Generated, fill, generate

CALLS = generate(5000)


@pytest.fixture(autouse=True)
def _blocks(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path / "blocks")


@pytest.fixture
def replica(organisation: Organisation, store: str) -> str:
    """Acme's replica, which here is the store's database."""
    Replica.objects.create(
        organisation=organisation, database="replica_acme", login_role="acme", reader_url=store, owner_url=store
    )
    return store


@pytest.fixture
def session(replica: str) -> UUID:
    session_id = uuid4()
    fill(replica, session_id, CALLS)
    return session_id


def page(client: Client, session: UUID, fragment: bool = True) -> Any:
    headers = {"HX-Request": "true"} if fragment else {}
    return client.get(f"/captured/{session}/flame/", headers=headers)


@pytest.fixture
def base(reader_client: Client, session: UUID) -> str:
    """The versioned beginning of all data addresses."""
    return base_of(page(reader_client, session))


def base_of(answer: Any) -> str:
    """Where a page's data is, as its script reads it."""
    attribute = re.search(r'data-flame="([^"]*)"', answer.content.decode())
    assert attribute
    base: str = json.loads(html.unescape(attribute[1]))["base"]
    return base


def facts_of(answer: Any) -> dict[str, str]:
    """A fragment's facts, without their markup."""
    pairs = re.findall(r"<dt>(.*?)</dt><dd([^>]*)>(.*?)</dd>", answer.content.decode())
    return {name: html.unescape(value) for name, _, value in pairs} | {
        f"{name} exactly": html.unescape(title) for name, title, _ in pairs if title
    }


def row_of(calls: Generated, number: int) -> dict[str, int]:
    return {name: int(getattr(calls, name)[number]) for name in ("method", "start", "end", "parent", "depth")}


def test_the_first_visit_shows_a_page_at_once_and_fetches_the_rest(reader_client: Client, session: UUID) -> None:
    first = page(reader_client, session, fragment=False)
    assert first.context["building"]
    assert b"data-flame=" not in first.content
    built = page(reader_client, session)
    assert b"data-flame=" in built.content
    assert b"<html" not in built.content
    assert not page(reader_client, session, fragment=False).context["building"]


def test_the_page_lists_threads_with_their_calls(reader_client: Client, session: UUID) -> None:
    content = page(reader_client, session).content.decode()
    assert "main · app.generated · 5,000 calls" in content
    assert f'data-process="{PROCESS}" data-thread="1"' in content


def test_foreign_names_are_escaped(reader_client: Client, replica: str, session: UUID) -> None:
    with psycopg.connect(replica) as connection:
        connection.execute("UPDATE function_call_thread SET name = '<script>x</script>'")
    content = page(reader_client, session).content
    assert b"<script>x" not in content
    assert b"&lt;script&gt;x" in content


def test_methods_come_with_names_and_colours(reader_client: Client, base: str) -> None:
    answer = reader_client.get(f"{base}methods/").json()
    assert len(answer["names"]) == len(answer["package"])
    assert len(answer["colours"]) == len(answer["packages"])
    assert all(1 <= colour <= 8 for colour in answer["colours"])


def test_a_tile_is_compressed_once_and_kept_for_ever(reader_client: Client, base: str) -> None:
    answer = reader_client.get(f"{base}0/tile/8/0/", headers={"Accept-Encoding": "gzip, deflate"})
    assert answer["Content-Encoding"] == "deflate"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert zlib.decompress(answer.content)[:4] == b"\x01\0\0\0"


@pytest.mark.parametrize(
    "path", ["0/tile/8/999/", "0/tile/7/0/", "0/tile/40/0/", "9/tile/8/0/", "9/merged/?weight=wall"]
)
def test_unknown_threads_and_tiles_are_not_found(reader_client: Client, base: str, path: str) -> None:
    assert reader_client.get(base + path).status_code == 404


def test_the_merged_tree_adds_up_to_the_threads_root_calls(reader_client: Client, base: str) -> None:
    answer = reader_client.get(f"{base}0/merged/?weight=wall").json()
    roots = CALLS.parent < 0
    assert answer["total"] == int((CALLS.end - CALLS.start)[roots].sum())
    assert answer["calls"] == int(roots.sum())
    nodes = answer["nodes"]
    assert sum(t for t, p in zip(nodes["total"], nodes["parent"], strict=True) if p < 0) == answer["total"]


def test_the_merged_tree_weighs_cpu_time_and_follows_a_path(reader_client: Client, base: str) -> None:
    wall = reader_client.get(f"{base}0/merged/?weight=wall").json()
    cpu = reader_client.get(f"{base}0/merged/?weight=cpu").json()
    assert 0 < cpu["total"] < wall["total"]
    heaviest = wall["nodes"]["method"][0]
    focused = reader_client.get(f"{base}0/merged/?weight=wall&path={heaviest}").json()
    assert focused["total"] == wall["nodes"]["total"][0]


@pytest.mark.parametrize("query", ["", "weight=money", "weight=wall&path=1..2", "weight=wall&path=x"])
def test_a_merged_tree_that_is_not_understood_is_refused(reader_client: Client, base: str, query: str) -> None:
    assert reader_client.get(f"{base}0/merged/?{query}").status_code == 400


def test_cpu_weight_without_cpu_times_is_refused_and_its_button_says_why(
    reader_client: Client, replica: str, session: UUID
) -> None:
    with psycopg.connect(replica) as connection:
        connection.execute("UPDATE function_call_metadata SET has_cpu_time = false")
    answer = page(reader_client, session)
    assert "This profile has no CPU times." in answer.content.decode()
    assert reader_client.get(f"{base_of(answer)}0/merged/?weight=cpu").status_code == 400


def test_the_call_at_a_position_is_exact(reader_client: Client, base: str) -> None:
    number = int(CALLS.depth.argmax())
    call, parent = row_of(CALLS, number), row_of(CALLS, int(CALLS.parent[number]))
    origin = int(CALLS.start.min())
    answer = reader_client.get(f"{base}0/call/", {"depth": call["depth"], "at": call["start"] - origin})
    facts = facts_of(answer)
    length = call["end"] - call["start"]
    assert facts["Call id"] == str(number)
    assert facts["Duration exactly"] == f' title="{length:,} µs"'
    assert facts["Start exactly"] == f' title="{call["start"]:,} µs after the session\'s start"'
    assert facts["CPU exactly"] == f' title="{length * 3 // 4:,} µs"'
    assert facts["Calls inside"] == str(int((CALLS.parent == number).sum()))
    assert facts["Signature"].startswith("void ")
    parents = re.findall(r'data-flame-go data-depth="(\d+)" data-at="(\d+)"', answer.content.decode())
    assert [int(depth) for depth, _ in parents] == list(range(call["depth"]))
    assert int(parents[-1][1]) == parent["start"] - origin


def test_a_position_between_two_calls_means_the_one_before(reader_client: Client, base: str) -> None:
    origin = int(CALLS.start.min())
    roots = [n for n in range(len(CALLS)) if CALLS.parent[n] < 0]
    gap = int(CALLS.end[roots[0]]) - origin
    assert facts_of(reader_client.get(f"{base}0/call/", {"depth": 0, "at": gap}))["Call id"] == str(roots[0])
    assert reader_client.get(f"{base}0/call/", {"depth": 99, "at": gap}).status_code == 404
    assert reader_client.get(f"{base}0/call/", {"depth": -1, "at": gap}).status_code == 400


def test_search_counts_the_calls_of_matching_methods(reader_client: Client, base: str) -> None:
    methods = reader_client.get(f"{base}methods/").json()
    answer = reader_client.get(f"{base}0/search/", {"q": "STEP7"}).json()
    assert answer["methods"] == [n for n, name in enumerate(methods["names"]) if "step7" in name]
    assert answer["calls"] == sum(answer["density"]) > 0
    assert reader_client.get(f"{base}0/search/", {"q": "no such method"}).json()["calls"] == 0
    assert reader_client.get(f"{base}0/search/").status_code == 400


def test_a_session_that_was_exported_again_gets_a_new_version(
    reader_client: Client, replica: str, session: UUID
) -> None:
    old = base_of(page(reader_client, session))
    assert base_of(page(reader_client, session)) == old
    fill(replica, session, CALLS)
    assert reader_client.get(f"{old}0/tile/8/0/").status_code == 410
    new = base_of(page(reader_client, session))
    assert new != old
    assert reader_client.get(f"{new}0/tile/8/0/").status_code == 200


def test_a_session_that_was_erased_is_gone_at_once(
    reader_client: Client, replica: str, session: UUID, base: str
) -> None:
    with psycopg.connect(replica) as connection:
        connection.execute("DELETE FROM session_metadata")
    assert reader_client.get(f"{base}0/tile/8/0/").status_code == 404


def test_a_session_without_function_calls_says_so(reader_client: Client, replica: str, session: UUID) -> None:
    with psycopg.connect(replica) as connection:
        connection.execute("DELETE FROM function_call_metadata")
    answer = page(reader_client, session)
    assert answer.status_code == 404
    shown = answer.content.decode()
    assert "This session has no function calls" in shown
    assert 'aria-label="Views of this session"' in shown
