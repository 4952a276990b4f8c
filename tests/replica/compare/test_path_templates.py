"""Addresses of requests without what differs from one session to the next."""

import pytest

from replica.compare.path_templates import address_of, without_values, written


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/orders/17/lines/3?page=2#top", "/orders/*/lines/*"),
        ("/users/d3bf5f07-e910-11eb-a576-acde48001122/", "/users/*"),
        ("/static/app.3f2a9c1b.js", "/static/app.*.js"),
        ("/objects/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", "/objects/*"),
        ("/tokens/eyJhbGciOiJIUzI1Ni9", "/tokens/*"),
        ("/cart/add/guji-natural", "/cart/add/guji-natural"),
        ("/feedbacks/deadbeef", "/feedbacks/deadbeef"),
        ("", "/"),
    ],
)
def test_numbers_digests_and_ids_become_stars(path: str, template: str) -> None:
    assert written(address_of("shop.test", path), with_host=False) == template


def test_a_port_that_was_free_by_chance_is_none_of_the_address() -> None:
    assert address_of("127.0.0.1:47567", "/") == address_of("127.0.0.1:51200", "/")
    assert address_of("127.0.0.1:8000", "/") != address_of("127.0.0.1:9000", "/")


def templates(found: dict[str, list[str]]) -> dict[str, str]:
    addresses = {session: [address_of("h", path) for path in paths] for session, paths in found.items()}
    made = without_values(addresses)
    return {written(before, False): written(after, False) for before, after in made.items()}


def test_what_each_session_has_one_of_is_a_value() -> None:
    found = {f"s{n}": [f"/products/{name}", f"/products/{name}/goes-with"] for n, name in enumerate("abc")}
    assert set(templates(found).values()) == {"/products/*", "/products/*/goes-with"}


def test_what_one_session_has_several_of_are_things_of_their_own() -> None:
    found = {session: ["/static/a", "/static/b", "/static/c"] for session in ("s1", "s2", "s3")}
    assert all(before == after for before, after in templates(found).items())


def test_two_words_are_not_yet_values() -> None:
    """The base may ask one address, and the new sessions another."""
    found = {"base": ["/cart/items"], "new": ["/cart/summary"]}
    assert all(before == after for before, after in templates(found).items())
