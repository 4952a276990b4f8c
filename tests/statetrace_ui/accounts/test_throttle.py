"""How often passwords may be tried: the arithmetic, and what attempts at the same time can do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from statetrace_ui.accounts import throttle
from statetrace_ui.accounts.models import PasswordAttempts
from statetrace_ui.accounts.throttle import ADDRESS, NAME, STRICT, Counter, Limit, MustWait, counters

pytestmark = pytest.mark.django_db
HOME, ELSEWHERE = "198.51.100.9", "203.0.113.5"


def fail(of: list[Counter], times: int = 1) -> None:
    """Wrong passwords, each as soon as it is allowed."""
    for _ in range(times):
        pass_time(waiting(of))
        throttle.count(of)


def waiting(of: list[Counter]) -> timedelta:
    """How long the next attempt must wait. Asking counts nothing."""
    with suppress_count():
        try:
            throttle.count(of)
        except MustWait as wait:
            return wait.until - timezone.now()
        return timedelta()


@contextmanager
def suppress_count() -> Iterator[None]:
    before = {row.pk: row for row in PasswordAttempts.objects.all()}
    yield
    PasswordAttempts.objects.exclude(pk__in=before).delete()
    for row in before.values():
        row.save()


def pass_time(length: timedelta) -> None:
    """Let everything that was counted be as much older."""
    for row in PasswordAttempts.objects.all():
        row.counted_at -= length
        row.expires_at -= length
        row.blocked_until = row.blocked_until and row.blocked_until - length
        row.save()


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (14, 512), (15, 900), (1000, 900)]
)
def test_waiting_doubles_after_five_failures_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert STRICT.pause(failures) == timedelta(seconds=seconds)


def test_five_may_fail_and_the_next_must_wait() -> None:
    of = counters("ann", HOME, None)
    for _ in range(5):
        throttle.count(of)
    with pytest.raises(MustWait) as caught:
        throttle.count(of)
    assert caught.value.seconds == 1


def test_an_attempt_that_came_too_early_is_not_counted() -> None:
    of = counters("ann", HOME, None)
    fail(of, 10)
    before = set(PasswordAttempts.objects.values_list("key", "failures", "blocked_until"))
    for _ in range(3):
        with pytest.raises(MustWait):
            throttle.count(of)
    assert set(PasswordAttempts.objects.values_list("key", "failures", "blocked_until")) == before


def test_refused_attempts_leave_no_rows() -> None:
    for number in range(25):
        fail(counters(f"name {number}", HOME, None))
    before = PasswordAttempts.objects.count()
    for number in range(5):
        with pytest.raises(MustWait):
            throttle.count(counters(f"made up {number}", HOME, None))
    assert PasswordAttempts.objects.count() == before


def test_a_right_password_ends_the_strict_count_and_takes_itself_back_from_the_others() -> None:
    of = counters("ann", HOME, None)
    for _ in range(3):
        throttle.count(of)
    throttle.succeeded(of)
    left = {
        key.partition(":")[0]: failures for key, failures in PasswordAttempts.objects.values_list("key", "failures")
    }
    assert set(left) == {"address", "name"}
    assert all(1.9 < failures <= 2 for failures in left.values())


def test_names_are_tried_from_one_address_only_so_often() -> None:
    for number in range(20):
        throttle.count(counters(f"name {number}", HOME, None))
    assert waiting(counters("another", HOME, None)) > timedelta()
    assert waiting(counters("another", ELSEWHERE, None)) == timedelta()


def test_a_neighbours_address_of_the_same_network_is_the_same_client() -> None:
    for number in range(20):
        throttle.count(counters(f"name {number}", f"2001:db8::{number + 1:x}", None))
    assert waiting(counters("another", "2001:db8::abcd", None)) > timedelta()


@pytest.mark.long
def test_attempts_from_many_addresses_slow_a_name_down_but_never_for_long() -> None:
    for number in range(80):
        of = counters("ann", f"203.0.113.{number}", None)
        pass_time(waiting(of))
        throttle.count(of)
    assert timedelta() < waiting(counters("ann", HOME, None)) <= timedelta(seconds=NAME.longest)


def test_attempts_from_elsewhere_do_not_keep_the_owner_of_a_known_browser_waiting() -> None:
    for number in range(80):
        of = counters("ann", f"203.0.113.{number % 4}", None)
        pass_time(waiting(of))
        throttle.count(of)
    known = counters("ann", HOME, "mark")
    assert waiting(known) == timedelta()
    fail(known, 6)
    assert waiting(known) > timedelta(seconds=1)


def test_without_an_address_the_name_alone_counts() -> None:
    assert [counter.limit for counter in counters("ann", None, None)] == [NAME]


def test_names_are_not_stored() -> None:
    throttle.count(counters("hunter2hunter2", HOME, None))
    assert not [
        key for key in PasswordAttempts.objects.values_list("key", flat=True) if "hunter2" in key or HOME in key
    ]


@pytest.mark.parametrize("limit", [STRICT, ADDRESS, NAME])
def test_failures_leak_away(limit: Limit) -> None:
    of = [Counter("x", limit)]
    fail(of, limit.free)
    pass_time(timedelta(seconds=limit.leak * limit.free))
    for _ in range(limit.free):
        throttle.count(of)  # as many as at first
    with pytest.raises(MustWait):
        throttle.count(of)


def test_after_the_longest_attack_a_name_is_free_again_within_a_day() -> None:
    of = [Counter("x", STRICT)]
    fail(of, 100)
    for _ in range(100):  # and if nobody waited
        row = PasswordAttempts.objects.get()
        throttle._set(row, STRICT, row.failures + 1, timezone.now())
    assert PasswordAttempts.objects.get().expires_at - timezone.now() < timedelta(days=1)


def test_rows_that_say_nothing_any_more_are_removed() -> None:
    for number in range(10):
        throttle.count(counters(f"name {number}", f"203.0.113.{number}", None))
    pass_time(timedelta(days=2))
    throttle.count(counters("ann", HOME, None))
    assert PasswordAttempts.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_time_do_not_slip_past_each_other() -> None:
    """Twenty as soon as one is allowed again: one gets through to the password, the others must wait."""
    of = counters("ann", HOME, None)
    fail(of, 14)
    pass_time(waiting(of))
    allowed: list[int] = []
    together = threading.Barrier(20)

    def attempt(number: int) -> None:
        together.wait(30)
        with suppress(MustWait):
            throttle.count(of)
            allowed.append(number)
        connection.close()

    threads = [threading.Thread(target=attempt, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(allowed) == 1
