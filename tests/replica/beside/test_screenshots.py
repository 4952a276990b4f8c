"""Screenshots, from an imported file to the session's pages, and away with the session."""

import json
from base64 import b64encode
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from replica.beside import screenshots
from replica.beside.pictures import MOST
from replica.beside.service import forget
from replica.importing.service import SessionDetails, import_files
from statetrace_ui.web.models import Organisation
from tests.replica.captured import FULL, Captured
from tests.replica.importing.test_service import SESSION

JPEG = b"\xff\xd8\xff"
SESSION_PAGE = reverse("replica:session", args=[FULL])


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "screenshots"
    monkeypatch.setattr(settings, "SCREENSHOTS_DIR", folder)
    return folder


def image_of(number: int) -> str:
    return reverse("replica:screenshot_image", args=[FULL, number])


def trace(*images: bytes) -> bytes:
    snapshots = [{"snapshot": b64encode(image).decode()} for image in images]
    return json.dumps(
        [
            {"ph": "O", "name": "Screenshot", "pid": 1, "tid": 1, "ts": 1_000_000 + 500_000 * n, "args": args}
            for n, args in enumerate(snapshots)
        ]
    ).encode()


def test_an_import_keeps_them_a_second_one_replaces_them_and_another_leaves_them(
    organisation: Organisation, tmp_path: Path, store: str, own_folder: Path
) -> None:
    file = tmp_path / "trace.json"
    for images in ((JPEG + b"1", JPEG + b"2"), (JPEG + b"3",)):
        file.write_bytes(trace(*images))
        import_files(organisation, "Checkout", [file], SessionDetails(SESSION))
        found = screenshots.moments(organisation, str(SESSION))
        assert found == [500.0 * n for n in range(len(images))]
        assert [screenshots.image(organisation, str(SESSION), n) for n in range(len(found))] == list(images)
    (tmp_path / "b.json").write_text(json.dumps([{"name": "Pay", "start_time": 1}]))
    import_files(organisation, "Checkout", [tmp_path / "b.json"], SessionDetails(SESSION))
    assert len(screenshots.moments(organisation, str(SESSION))) == 1
    forget(str(SESSION))
    assert screenshots.moments(organisation, str(SESSION)) == []
    assert [path for path in own_folder.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_there_are_never_more_than_the_most_of_a_session(organisation: Organisation) -> None:
    screenshots.keep(organisation, "s", [(float(n), JPEG) for n in range(3 * MOST)])
    assert len(screenshots.moments(organisation, "s")) == MOST


def test_the_session_page_has_a_strip_of_them(
    organisation: Organisation, reader_client: Client, captured_replica: Captured
) -> None:
    groups = reader_client.get(SESSION_PAGE).context["timeline"]["groups"]
    assert "screenshots" not in [group["key"] for group in groups]
    screenshots.keep(organisation, FULL, [(100.0, JPEG), (700.0, JPEG)])
    [group] = [
        group
        for group in reader_client.get(SESSION_PAGE).context["timeline"]["groups"]
        if group["key"] == "screenshots"
    ]
    [lane] = group["lanes"]
    assert lane["strip"] is True
    assert lane["spans"]["start"] == [100.0, 700.0]


def test_an_image_is_served_as_what_it_is_and_can_do_nothing(
    organisation: Organisation, reader_client: Client, captured_replica: Captured
) -> None:
    screenshots.keep(organisation, FULL, [(100.0, JPEG + b" image")])
    answer = reader_client.get(image_of(0))
    assert answer.content == JPEG + b" image"
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert reader_client.get(image_of(1)).status_code == 404
    assert reader_client.get(reverse("replica:screenshot", args=[FULL, 1])).status_code == 404


def test_what_is_no_image_any_more_is_not_served(
    organisation: Organisation, reader_client: Client, captured_replica: Captured
) -> None:
    screenshots.keep(organisation, FULL, [(100.0, b"<svg onload=alert(1)>")])
    assert reader_client.get(image_of(0)).status_code == 404


def test_one_is_explained_and_leads_to_its_neighbours(
    organisation: Organisation, reader_client: Client, captured_replica: Captured
) -> None:
    screenshots.keep(organisation, FULL, [(100.0 * n, JPEG) for n in range(3)])
    page = reader_client.get(reverse("replica:screenshot", args=[FULL, 1])).content.decode()
    for number in (0, 2):
        assert reverse("replica:screenshot", args=[FULL, number]) in page
    assert image_of(1) in page
