"""One message for all that happened: not too often, not in quiet hours, to nobody who has left; never twice."""

import datetime as dt
import json

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from statetrace_ui.deliveries.models import Delivery, Endpoint
from statetrace_ui.history.models import SavedQuestion
from statetrace_ui.watch.models import Happening, Subject, Telling
from statetrace_ui.watch.telling import begin, mark_read, tell, tell_all
from statetrace_ui.web.models import Membership

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def told(membership: Membership, watched: SavedQuestion) -> Telling:
    """The reader, who is told by e-mail."""
    begin(membership, {"by_mail": True, "minutes": 15})
    return Telling.objects.get(membership=membership)


def happen(count: int = 1, **fields: bool) -> Happening:
    subject = Subject.objects.get()
    for _ in range(count):
        number = Happening.objects.count()
        last = Happening.objects.create(
            subject=subject, key=str(number), title=f"Thing {number}", url="/x/", at=timezone.now(), **fields
        )
    return last


def subjects() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("subject", flat=True))


def test_a_storm_is_one_message(told: Telling) -> None:
    happen(7)
    tell_all()
    tell_all()
    [delivery] = Delivery.objects.all()
    assert (delivery.to, delivery.subject) == ("reader@example.com", "7 things happened; first: Thing 0")
    assert "Thing 4" in delivery.body
    assert "Thing 5" not in delivery.body
    assert "and 2 more" in delivery.body


def test_the_next_message_waits_its_time(told: Telling) -> None:
    now = timezone.now()
    happen()
    tell(told.pk, now)
    happen()
    tell(told.pk, now + 14 * MINUTE)
    assert subjects() == ["Thing 0"]
    tell(told.pk, now + 15 * MINUTE)
    assert subjects() == ["Thing 0", "Thing 1"]


def test_in_quiet_hours_it_waits(told: Telling) -> None:
    Telling.objects.update(quiet_from=dt.time(22), quiet_until=dt.time(7), zone="Europe/Berlin")
    happen()
    tell(told.pk, dt.datetime(2026, 1, 15, 23, tzinfo=dt.UTC))
    assert subjects() == []
    tell(told.pk, dt.datetime(2026, 1, 16, 6, tzinfo=dt.UTC))
    assert subjects() == ["Thing 0"]


def test_killed_before_its_end_it_is_told_once(told: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
    happen()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Telling, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            tell_all()
    assert subjects() == []
    tell_all()
    assert subjects() == ["Thing 0"]


def test_who_has_left_is_told_nothing(told: Telling, membership: Membership) -> None:
    happen()
    membership.delete()
    tell_all()
    assert subjects() == []
    assert not Telling.objects.exists()


def test_who_may_not_sign_in_is_told_nothing(told: Telling, reader: User) -> None:
    happen()
    User.objects.filter(pk=reader.pk).update(is_active=False)
    tell_all()
    assert subjects() == []


def test_what_was_read_on_the_page_is_not_told(told: Telling, membership: Membership) -> None:
    mark_read(membership, happen(2).pk)
    tell_all()
    assert subjects() == []
    happen()
    tell_all()
    assert subjects() == ["Thing 2"]


def test_nobody_reads_ahead(told: Telling, membership: Membership) -> None:
    """A forged number would otherwise hide what is to come."""
    happen()
    mark_read(membership, 1 << 62)
    happen()
    tell_all()
    assert subjects() == ["Thing 1"]


def test_what_happened_before_somebody_wanted_messages_is_not_told(
    membership: Membership, watched: SavedQuestion
) -> None:
    happen()
    begin(membership, {"by_mail": True})
    tell_all()
    assert subjects() == []


def test_what_concerns_managers_is_told_to_no_other(told: Telling, membership: Membership) -> None:
    happen(for_managers=True)
    tell_all()
    assert subjects() == []
    Membership.objects.filter(pk=membership.pk).update(role="manager")
    tell_all()
    assert subjects() == ["Thing 0"]


def test_an_endpoint_is_told_while_the_member_manages_it(
    told: Telling, membership: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://statetrace.example.com")
    endpoint = Endpoint.objects.create(
        organisation=membership.organisation, name="On-call", url="https://example.com/", host="example.com"
    )
    Telling.objects.update(endpoint=endpoint, by_mail=False)
    Membership.objects.filter(pk=membership.pk).update(role="manager")
    happen()
    tell_all()
    [delivery] = Delivery.objects.all()
    assert delivery.endpoint == endpoint
    data = json.loads(delivery.body)
    assert data["count"] == 1
    assert data["link"] == "https://statetrace.example.com/watching/"
    assert data["happenings"][0]["watched"] == {"kind": "question", "name": "Deleted"}
    Membership.objects.filter(pk=membership.pk).update(role="reader")
    happen()
    tell(told.pk, timezone.now() + 20 * MINUTE)
    assert Delivery.objects.count() == 1
