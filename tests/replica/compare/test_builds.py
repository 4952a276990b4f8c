"""Two builds of an application: what each request took, and which rows it wrote."""

from itertools import count

from replica.compare.builds import Done, by_request, compare_builds
from replica.compare.subjects import Certainty

NUMBER = count()


def done(url: str, ms: float | None, method: str = "POST", **written: int) -> Done:
    number = next(NUMBER)
    rows = {(table, "inserted"): rows for table, rows in written.items()}
    return Done(str(number), f"s{number}", method, url, ms, rows)


def often(url: str, ms: float, times: int = 8, **written: int) -> list[Done]:
    return [done(url.replace("#", str(n)), ms + n / 10, "POST", **written) for n in range(times)]


def test_requests_are_paired_by_method_and_path_without_values() -> None:
    base = [done("https://a.example/orders/7?x=1", 1), done("/orders/8", 1), done("/orders/9", 1, "GET")]
    requests = by_request(base, [done("https://b.example/orders/12", 1)], 10)
    assert {name: tuple(map(len, sides)) for name, sides in requests.items()} == {
        "POST /orders/*": (2, 1),
        "GET /orders/*": (1, 0),
    }


def test_of_what_is_done_often_the_first_count() -> None:
    actions = often("/orders/#", 5, times=12)
    assert by_request(actions, [], 10) == {"POST /orders/*": (actions[:10], [])}


def test_a_slower_request_and_what_it_writes_stand_first() -> None:
    base = [*often("/cart/", 40, line=1), *often("/login/", 90), *often("/checkout/#", 100, order=1, line=2)]
    new = [*often("/cart/", 40, line=1), *often("/login/", 90), *often("/checkout/#", 180, order=1, line=4)]
    entries = compare_builds(by_request(base, new, 100))
    assert entries[0].subject.name == "POST /checkout/*"
    assert (entries[0].certainty, entries[0].shift and round(entries[0].shift.value)) == (Certainty.CLEAR, 80)
    [line] = entries[0].inside
    assert (line.subject.name, line.subject.place, line.certainty) == ("line", "inserted", Certainty.CLEAR)
    assert line.shift is not None
    assert line.shift.value == 2
    assert {one.certainty for one in entries[1:]} == {Certainty.CANNOT_TELL}


def test_rows_alone_bring_a_request_to_the_top() -> None:
    base = [*often("/cart/", 40), *often("/login/", 90)]
    entries = compare_builds(by_request(base, [*often("/cart/", 40), *often("/login/", 90, visit=1)], 100))
    assert [one.subject.name for one in entries] == ["POST /login", "POST /cart"]
    assert [(one.subject.name, one.shift and one.shift.value) for one in entries[0].inside] == [("visit", 1)]


def test_what_is_not_known_is_no_zero() -> None:
    base = [done("/cart/", None) for _ in range(8)]
    [entry] = compare_builds(by_request(base, often("/cart/", 40), 100))
    assert (entry.certainty, entry.shift) == (Certainty.TOO_FEW, None)
    unread = [Done(str(n), "s", "POST", "/cart/", 40.0) for n in range(8)]
    [entry] = compare_builds(by_request(unread, often("/cart/", 40, line=1), 100))
    assert not entry.inside


def test_three_of_each_are_too_few() -> None:
    [entry] = compare_builds(by_request(often("/cart/", 40, times=3), often("/cart/", 400, times=3), 100))
    assert entry.certainty == Certainty.TOO_FEW
