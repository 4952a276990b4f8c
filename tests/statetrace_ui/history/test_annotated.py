"""What pages tell of annotations: later announcements, extra keys, avatars, and rows that were not understood."""

import base64
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from statetrace_ui.history import queries
from statetrace_ui.history.models import Source, UnreadAnnotation
from statetrace_ui.wal.records import capped_key
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import PAGE_SIZE
from tests.statetrace_ui.history.rows import HOSTILE, NOON, make_action, make_avatar, make_session, make_source

LATER = {
    "at": "2026-03-14T12:05:00+00:00",
    "actor_id": "7",
    "actor_full_name": "Innocent Alice",
    "actor_email": "alice@example.com",
    "differs": ["actor_full_name"],
    "added": [],
}


def test_a_session_that_was_announced_again_as_somebody_else_says_so(reader_client: Client, source: Source) -> None:
    session = make_session(source, later=[LATER], later_count=3)
    text = " ".join(reader_client.get(f"/sessions/{session.pk}/").content.decode().split())
    assert "<h1><bdi>Ada Lovelace</bdi></h1>" in text
    assert (
        "Announced again as <b><bdi>Innocent Alice</bdi></b> (<bdi>alice@example.com, 7</bdi>) with another name"
        in text
    )
    assert "14 Mar 2026, 12:05:00 UTC" in text
    assert "3 such announcements in all" in text
    assert "announced again as somebody else" in reader_client.get("/sessions/").content.decode()


def test_a_session_whose_actor_was_completed_later_says_so_without_alarm(reader_client: Client, source: Source) -> None:
    session = make_session(source, later=[{**LATER, "differs": [], "added": ["actor_email"]}], later_count=1)
    text = " ".join(reader_client.get(f"/sessions/{session.pk}/").content.decode().split())
    assert "The first announcement left out the email; a later one added it" in text
    assert "more than one actor" not in text
    assert "announced again" not in reader_client.get("/sessions/").content.decode()


def test_meta_and_keys_beside_the_documented_ones_are_shown(reader_client: Client, source: Source) -> None:
    payload = {"tenant": HOSTILE, "session_actor_id": "documented"}
    told: dict[str, Any] = {"payload": payload, "meta": {"region": ["eu", 1]}}
    session = make_session(source, **told)
    action = make_action(session, **told)
    for address in (f"/sessions/{session.pk}/", f"/actions/{action.pk}/changes/"):
        text = reader_client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert "meta: region" in text
        assert "documented" not in text


def test_what_is_shown_of_extra_keys_is_bounded(reader_client: Client, source: Source) -> None:
    session = make_session(source, payload={f"k{number}": "x" * 2_000 for number in range(60)}, meta=[1])
    text = reader_client.get(f"/sessions/{session.pk}/").content.decode()
    assert text.count("x" * 500 + "…") == 50
    assert "x" * 501 not in text
    assert "11 more are not shown" in text


def test_image_data_is_served_by_this_site_and_can_do_nothing(reader_client: Client, source: Source) -> None:
    session = make_session(source, actor_avatar=make_avatar("dot"))
    address = f"/sessions/{session.pk}/avatar/"
    for page in ("/sessions/", f"/sessions/{session.pk}/"):
        assert f'src="{address}"' in reader_client.get(page).content.decode()
    image = reader_client.get(address)
    assert (image.content, image["content-type"]) == (b"\x89PNGdot", "image/png")
    assert image["content-security-policy"] == "default-src 'none'; sandbox"
    assert image["x-content-type-options"] == "nosniff"
    assert "private" in image["cache-control"]


SVG = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").decode()


@pytest.mark.parametrize(
    "avatar",
    [
        f"data:image/svg+xml;base64,{SVG}",
        f"data:text/html;base64,{SVG}",
        f"data:image/png,{SVG}",
        f"DATA:image/png;base64,{SVG}",
        "http://img.example.com/a.png",
        "https://elsewhere.example/a.png",
        "https://img.example.com@elsewhere.example/a.png",
        "https://elsewhere.example\\@img.example.com/a.png",
        "https://img.example.com.elsewhere.example/a.png",
        "//img.example.com/a.png",
        "javascript:alert(1)",
        "https://[",
        "x",
    ],
)
def test_other_avatars_are_not_shown(reader_client: Client, source: Source, avatar: str, settings: Settings) -> None:
    settings.AVATAR_HOSTS = ["img.example.com"]
    session = make_session(source, actor_avatar=avatar)
    for page in ("/sessions/", f"/sessions/{session.pk}/"):
        assert "<img" not in reader_client.get(page).content.decode()
    assert reader_client.get(f"/sessions/{session.pk}/avatar/").status_code == 404


def test_an_avatar_at_a_host_that_the_operator_names_is_shown_without_a_referrer(
    reader_client: Client, source: Source, settings: Settings
) -> None:
    avatar = "https://IMG.example.com/a.png?s=1&d=2"
    session = make_session(source, actor_avatar=avatar)
    page = f"/sessions/{session.pk}/"
    assert "<img" not in reader_client.get(page).content.decode()
    assert "not shown" in reader_client.get(page).content.decode()
    settings.AVATAR_HOSTS = ["img.example.com"]
    for address in ("/sessions/", page):
        text = reader_client.get(address).content.decode()
        assert 'src="https://IMG.example.com/a.png?s=1&amp;d=2"' in text
        assert 'referrerpolicy="no-referrer"' in text


def test_image_data_that_is_broken_is_not_served(reader_client: Client, source: Source) -> None:
    session = make_session(source, actor_avatar="data:image/png;base64,abcde…")
    assert reader_client.get(f"/sessions/{session.pk}/avatar/").status_code == 404


def test_what_was_not_understood_is_listed_page_by_page(reader_client: Client, source: Source) -> None:
    kept = [
        UnreadAnnotation.objects.create(source=source, at=NOON, commit_lsn=n, reason=f"Because {n}", content=HOSTILE)
        for n in range(PAGE_SIZE + 2)
    ]
    Source.objects.update(unread_annotations=1234)
    page = reader_client.get(f"/sources/{source.pk}/").content.decode()
    address = f"/sources/{source.pk}/annotations/"
    assert f'<a href="{address}">1,234</a>' in page
    first = reader_client.get(address)
    rest = reader_client.get(address, {"cursor": first.context["page"].older}, headers={"HX-Request": "true"})
    assert [*first.context["page"].rows, *rest.context["page"].rows] == kept[::-1]
    assert "Because 51" in first.content.decode()
    assert "<script>alert" not in first.content.decode()


def test_the_page_of_a_source_names_its_annotation_table_and_others_by_that_name(
    reader_client: Client, organisation: Organisation
) -> None:
    tables = {
        str(oid): {"schema_name": schema, "table_name": table}
        for oid, (schema, table) in enumerate([("app", "statetrace_annotations"), ("evil", "statetrace_annotations")])
    }
    source = make_source(organisation, annotation_schema="app", tables=tables)
    response = reader_client.get(f"/sources/{source.pk}/")
    assert response.context["other_annotation_tables"] == ["evil.statetrace_annotations"]
    text = response.content.decode()
    assert text.index("app.statetrace_annotations") < text.index("Not read") < text.index("evil.statetrace_annotations")


def test_a_source_without_an_annotation_table_says_so(reader_client: Client, source: Source) -> None:
    assert "none yet" in reader_client.get(f"/sources/{source.pk}/").content.decode()


@pytest.mark.parametrize("length", [20, 101, 128, 500])
def test_a_session_is_found_by_a_key_of_any_length(organisation: Organisation, source: Source, length: int) -> None:
    key = "k" * length
    session = make_session(source, capped_key(key))
    assert queries.session_by_key(organisation, key) == session


def test_a_list_does_not_load_what_it_does_not_show(organisation: Organisation, source: Source) -> None:
    make_session(source, actor_avatar=make_avatar("x" * 40_000), payload={"a": 1})
    [session] = queries.sessions(organisation).rows
    assert {"actor_avatar", "payload", "meta"} <= session.get_deferred_fields()
