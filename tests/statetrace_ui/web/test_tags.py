"""Numbers carry units, times carry zones."""

import datetime as dt
import zoneinfo

import pytest
from django.template import Context, Template
from django.utils import timezone

from statetrace_ui.history.models import Change, Source
from statetrace_ui.web import quantities
from statetrace_ui.web.templatetags import statetrace as tags
from statetrace_ui.web.tones import Status, Tone


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (None, "–"),
        (0, "0 ms"),
        (0.0123, "12.3 µs"),
        (12, "12 ms"),
        (999.4, "999 ms"),
        (999.9, "0.9999 s"),
        (1204, "1.204 s"),
        (1060, "1.060 s"),
        (2000, "2 s"),
        (59_990, "59.99 s"),
        (200_000, "3 min 20 s"),
        (7_500_000, "2 h 5 min"),
        (-250, "−250 ms"),
    ],
)
def test_durations_read_well(ms: float | None, text: str) -> None:
    assert quantities.duration(ms) == text


@pytest.mark.parametrize(
    ("count", "text"), [(None, "–"), (0, "0 B"), (512, "512 B"), (14_230, "14.2 kB"), (3e6, "3 MB")]
)
def test_sizes_read_well(count: float | None, text: str) -> None:
    assert quantities.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (42, "42 s ago"),
        (185, "3 min ago"),
        (20_000, "5 h ago"),
        (1_100_000, "12 days ago"),
        (7e6, "2 months ago"),
        (2.6e8, "8 years ago"),
    ],
)
def test_how_long_ago_is_one_unit(seconds: float, text: str) -> None:
    assert quantities.ago(seconds) == text


def test_a_moment_names_the_viewers_zone() -> None:
    with timezone.override(zoneinfo.ZoneInfo("Europe/Berlin")):
        shown = tags.moment(dt.datetime(2026, 1, 5, 11, 0, 7, tzinfo=dt.UTC))
    assert "5 Jan 2026, 12:00:07 CET" in shown
    assert 'datetime="2026-01-05T12:00:07+01:00"' in shown


@pytest.mark.parametrize(
    ("value", "html"),
    [
        (Source.Status.ERROR, '<span class="status bad">Failing</span>'),
        (Status("Retrying", Tone.WARN), '<span class="status warn">Retrying</span>'),
        ("<b>", '<span class="status">&lt;b&gt;</span>'),
    ],
)
def test_a_status_has_a_word_and_a_tone(value: object, html: str) -> None:
    assert tags.status(value) == html


def test_a_status_can_be_given_another_text_and_tone() -> None:
    shown = tags.status(Source.Status.STOPPED, text="Stopped <3", tone="bad")
    assert shown == '<span class="status bad">Stopped &lt;3</span>'
    with pytest.raises(ValueError, match="purple"):
        tags.status("text", tone="purple")


def test_a_tag_has_the_tone_of_a_status() -> None:
    assert tags.tag(Change.Kind.INSERT) == '<span class="tag good">Inserted</span>'
    assert tags.tag(Change.Kind.BASELINE) == '<span class="tag">Snapshot</span>'


def test_crumbs_wrap_links_without_trusting_what_is_in_them() -> None:
    page = Template("{% crumbs %}<a>{{ name }}</a>{% endcrumbs %}").render(Context({"name": "<i>"}))
    assert page == '<nav class="crumbs" aria-label="Breadcrumb"><a>&lt;i&gt;</a></nav>'
