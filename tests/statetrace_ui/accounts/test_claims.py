"""What is made of what a provider says, whatever that is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.accounts.sign_on.claims import groups_of, read, roles_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("preferred_username", "email", "email_verified", "given_name", "family_name", "groups")


@pytest.mark.parametrize(
    ("claims", "path", "groups"),
    [
        ({"groups": ["a", "b"]}, "groups", {"a", "b"}),
        ({"groups": "a"}, "groups", {"a"}),
        ({"groups": ["a", 7, None]}, "groups", {"a"}),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", {"a"}),
        ({"https://acme.example/groups": ["a"]}, "https://acme.example/groups", {"a"}),
        ({"groups": {"a": True}}, "groups", set()),
        ({}, "groups", set()),
    ],
)
def test_groups_are_found(claims: dict[str, object], path: str, groups: set[str]) -> None:
    assert groups_of(claims, path) == groups


def test_the_highest_role_of_each_organisation_counts() -> None:
    mapping = [("a", "acme", "manager"), ("b", "acme", "reader"), ("b", "other", "analyst"), ("c", "third", "reader")]
    assert roles_of(frozenset("ab"), mapping) == {"acme": "manager", "other": "analyst"}


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_counts_only_if_it_is_said_to_be_verified(verified: object) -> None:
    assert read({"sub": "7", "email": "a@example.com", "email_verified": verified}, "groups").email == ""


@given(st.fixed_dictionaries({"sub": st.text(min_size=1)}, optional=dict.fromkeys(NAMES, JSON)))
def test_whatever_is_said_is_read(claims: dict[str, object]) -> None:
    found = read(claims, "groups")
    assert 0 < len(found.name) <= 150
    assert "\0" not in f"{found.name}{found.email}{found.first_name}{found.last_name}"
