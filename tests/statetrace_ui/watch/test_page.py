"""The page of what is watched, its buttons, and how a member is told."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from replica.exports.models import UserFlowExport
from replica.flow_trends import service as flow_trends
from statetrace_ui.attention import noting
from statetrace_ui.history.models import SavedQuestion, Source
from statetrace_ui.watch import queries
from statetrace_ui.watch.looking import look_for_all
from statetrace_ui.watch.models import Happening, Subject, Telling, Watch
from statetrace_ui.web.models import Membership, Organisation
from tests.replica.captured import Captured
from tests.replica.compare.planted import FLOW, plant
from tests.statetrace_ui.history.rows import HOSTILE

PAGE = "/watching/"


def happen(count: int = 1) -> None:
    subject = Subject.objects.get()
    for number in range(count):
        Happening.objects.create(
            subject=subject, key=str(number), title=f"Thing {number}", url="/x/", at=timezone.now()
        )


def test_a_source_is_watched_from_its_page_and_not_any_more(reader_client: Client, source: Source) -> None:
    page = f"/sources/{source.pk}/"
    assert 'action="/watching/watch/"' in reader_client.get(page).content.decode()
    posted = {"kind": "source", "target": source.pk, "back": page}
    answer = reader_client.post("/watching/watch/", posted)
    assert answer["Location"] == page
    assert "Stop watching" in reader_client.get(page).content.decode()
    reader_client.post("/watching/stop/", posted)
    assert not Watch.objects.exists()
    assert "Stop watching" not in reader_client.get(page).content.decode()


def test_watching_twice_is_watching_once(reader_client: Client, source: Source) -> None:
    for _ in range(2):
        reader_client.post("/watching/watch/", {"kind": "source", "target": source.pk})
    assert Watch.objects.count() == 1


def test_a_shared_question_is_watched_by_those_who_may_not_change_it(
    reader_client: Client, question: SavedQuestion, source: Source
) -> None:
    page = reader_client.get("/changes/").content.decode()
    assert f'name="target" value="{question.pk}"' in page
    assert "Rename" not in page


def test_the_page_lists_newest_first_with_what_is_new(
    reader_client: Client, watched: SavedQuestion, membership: Membership
) -> None:
    happen(60)
    page = reader_client.get(PAGE)
    rows = page.context["page"].rows
    assert [one.title for one in rows[:2]] == ["Thing 59", "Thing 58"]
    assert page.content.decode().count(">New<") == 50
    older = reader_client.get(PAGE, {"cursor": page.context["page"].older}).context["page"].rows
    assert [one.title for one in older] == [f"Thing {number}" for number in range(9, -1, -1)]
    reader_client.post("/watching/read/", {"until": rows[0].pk})
    happen_again = Happening.objects.create(
        subject=Subject.objects.get(), key="again", title="Again", url="/x/", at=timezone.now()
    )
    page = reader_client.get(PAGE)
    assert page.content.decode().count(">New<") == 1
    assert page.context["page"].rows[0] == happen_again


def test_another_member_sees_nothing_of_it(manager_client: Client, watched: SavedQuestion) -> None:
    happen()
    assert "Thing 0" not in manager_client.get(PAGE).content.decode()


def test_what_can_be_watched_is_offered(
    reader_client: Client, watched: SavedQuestion, source: Source, export: UserFlowExport
) -> None:
    offered = [(one.kind, one.name) for one in reader_client.get(PAGE).context["offers"]]
    assert offered == [("attention", ""), ("source", "shop"), ("flow", "Checkout")]


def test_how_a_member_is_told(manager_client: Client, reader_client: Client) -> None:
    chosen = {"by_mail": "on", "minutes": "60", "quiet_from": "22:00", "quiet_until": "07:00", "zone": "Europe/Berlin"}
    assert manager_client.post("/watching/telling/", chosen).status_code == 302
    told = Telling.objects.get()
    assert (told.by_mail, told.minutes, told.zone) == (True, 60, "Europe/Berlin")
    assert (told.quiet_from, told.quiet_until) == (dt.time(22), dt.time(7))
    assert 'value="Europe/Berlin"' in manager_client.get(PAGE).content.decode()
    assert "To the endpoint" not in reader_client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"zone": "Mars/Olympus"}, "Use the name of a zone"),
        ({"zone": "../../etc/passwd"}, "Use the name of a zone"),
        ({"quiet_from": "22:00"}, "Quiet hours have a beginning and an end."),
        ({"minutes": "1"}, "Choose one of the list."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(reader_client: Client, changes: dict[str, str], expected: str) -> None:
    answer = reader_client.post("/watching/telling/", {"minutes": "15", "zone": "UTC", **changes})
    assert answer.status_code == 400
    assert expected in answer.content.decode()
    assert not Telling.objects.exists()


def test_foreign_words_are_text(reader_client: Client, watched: SavedQuestion) -> None:
    happen()
    Happening.objects.update(title=HOSTILE)
    Subject.objects.update(name=HOSTILE)
    assert "<script>alert(1)" not in reader_client.get(PAGE).content.decode()


def test_forged_posts_are_refused(reader_client: Client, source: Source) -> None:
    for data in ({"kind": "moon", "target": "1"}, {"kind": "source", "target": "1\0"}, {}):
        assert reader_client.post("/watching/watch/", data).status_code == 400
    answer = reader_client.post("/watching/watch/", {"kind": "source", "target": source.pk, "back": "//evil.example/"})
    assert answer["Location"] == PAGE


def badge(client: Client) -> str:
    """The number in the rail; what replaces it there says the same."""
    page, later = client.get("/").content.decode(), client.get("/attention/badges/").content.decode()
    [shown, replaced] = [text.split('id="badge-unread"')[1].split("</a>")[0] for text in (page, later)]
    numbers = [re.findall(r"<span class=\"info\"[^>]*>([^<]+)<", text) for text in (shown, replaced)]
    assert numbers[0] == numbers[1]
    return "".join(numbers[0])


def test_the_rail_counts_what_is_not_read(
    reader_client: Client, manager_client: Client, watched: SavedQuestion
) -> None:
    assert badge(reader_client) == ""
    happen(3)
    assert badge(reader_client) == "3"
    assert badge(manager_client) == ""  # who watches nothing
    reader_client.post("/watching/read/", {"until": Happening.objects.order_by("id")[1].pk})
    assert badge(reader_client) == "1"
    reader_client.post("/watching/stop/", {"kind": "question", "target": watched.pk})
    assert badge(reader_client) == ""


def test_the_rail_counts_no_more_than_it_says(
    reader_client: Client, watched: SavedQuestion, source: Source, membership: Membership
) -> None:
    happen(queries.MOST_UNREAD + 20)
    assert badge(reader_client) == "100+"
    reader_client.post("/watching/watch/", {"kind": "source", "target": source.pk})
    with CaptureQueriesContext(connection) as asked:
        assert queries.unread(membership) == queries.MOST_UNREAD
    assert len(asked) == 3
    assert asked[-1]["sql"].count(f"LIMIT {queries.MOST_UNREAD}") == 3


def test_members_are_not_counted_what_managers_alone_see(reader_client: Client, watched: SavedQuestion) -> None:
    happen(2)
    Happening.objects.filter(key="0").update(for_managers=True)
    assert badge(reader_client) == "1"


def test_a_flow_without_an_export_is_watched_from_its_page(
    reader_client: Client, own_replica: Captured, organisation: Organisation
) -> None:
    """Its replica may be filled by others: that it is slower than a baseline is told, which may be kept later."""
    plant(own_replica)
    page = f"/flows/{FLOW}/"
    assert 'action="/watching/watch/"' in reader_client.get(page).content.decode()
    posted = {"kind": "flow", "target": FLOW, "back": page}
    assert reader_client.post("/watching/watch/", posted)["Location"] == page
    assert "Stop watching" in reader_client.get(page).content.decode()
    base = [f"base-{number}" for number in range(1, 6)]
    organisation.baselines.create(user_flow_id=FLOW, session_ids=base, words="the first five", kept_by="Mei")
    flow_trends.refresh(organisation)
    noting.look(organisation)
    look_for_all()
    assert "The user flow Pay a bill is slower than its baseline." in reader_client.get(PAGE).content.decode()
    for missing in ("no such flow", "", "x" * 255):
        assert reader_client.post("/watching/watch/", {"kind": "flow", "target": missing}).status_code == 404
    assert Watch.objects.count() == 1
