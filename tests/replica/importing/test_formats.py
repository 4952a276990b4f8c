"""The registry of formats, and everything that lists them."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from replica.importing.bundle import ImportFailed
from replica.importing.detect import detect, read_bundles
from replica.importing.formats import FORMATS, titles
from replica.importing.management.commands.import_sessions import Command
from tests.replica.importing.samples import EVENTS, FILES, chrome_trace

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs/importing.md").read_text()
SAMPLES = FILES | {"events.json": chrome_trace(as_array=True), "labels object.json": b'{"labels": []}'}
TITLES = [known.title for known in FORMATS]


def content(file: bytes) -> object:
    """What a format is asked about: the value of JSON, else bytes."""
    return json.loads(file) if file[:1] in b"{[" else file


@pytest.mark.parametrize("name", SAMPLES)
def test_exactly_one_format_recognises_a_file(name: str) -> None:
    value = content(SAMPLES[name])
    assert [known.suffix for known in FORMATS if known.recognises(value)] == [Path(name).suffix]


def test_every_format_has_a_sample() -> None:
    assert {detect(content(file)) for file in FILES.values()} == set(FORMATS)


@pytest.mark.parametrize("value", [b"", b",", {}, [], [[]], [None], [{}], None, 1, "log", {"nodes": []}])
def test_every_format_answers_for_content_of_any_shape(value: object) -> None:
    assert sum(known.recognises(value) for known in FORMATS) == (value in (b",", []))


def test_a_file_that_two_formats_recognise_is_refused() -> None:
    both = json.dumps({"log": {"entries": []}, "traceEvents": EVENTS}).encode()
    with pytest.raises(ImportFailed, match=r"could be Chrome trace \(\.json\) or HTTP archive \(\.har\)"):
        read_bundles(both)


def test_the_refusal_of_other_files_lists_every_format() -> None:
    with pytest.raises(ImportFailed) as failed:
        read_bundles(b"\x89PNG\r\n\x1a\n")
    assert str(failed.value).endswith(f"known are {titles()}")


def test_the_command_lists_every_format() -> None:
    assert titles() in Command.help


def test_the_page_without_user_flows_lists_every_format(reader_client: Client) -> None:
    assert titles() in reader_client.get(reverse("replica:flows")).content.decode()


def test_the_readme_lists_every_format() -> None:
    assert titles() in " ".join((ROOT / "README.md").read_text().split())


def test_the_documentation_has_a_row_and_a_section_for_every_format() -> None:
    section = DOCS.partition("## Formats")[2].partition("## Limits")[0]
    assert re.findall(r"^\| (.+ \(\.\w+\)) \|", section, re.MULTILINE) == TITLES
    headings = re.findall(r"^### (.+)$", section, re.MULTILINE)
    assert [heading.lower() for heading in headings] == [title.lower() for title in TITLES]
