"""Choosing the rule of a column."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.capture.patterns import BadPattern, Pattern
from statetrace_ui.capture.rules import OwnRule, Rules, Verdict
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.records import Column, Relation, Rule

names = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=20)


def rules(**own: str) -> Rules:
    """rules(mask="a.b.c d.*.e", keep=…)"""
    given = [(rule, text) for rule, texts in own.items() for text in texts.split()]
    return Rules(OwnRule(Pattern.parse(text), rule) for rule, text in given)  # type: ignore[arg-type]


def rule_of(of: Rules, table: str, column: str, type_name: str = "text", key: bool = False) -> Rule:
    return of.of_column("public", table, Column(column, type_name, key)).rule


@given(names, names, names)
def test_every_name_has_a_pattern_that_matches_it_alone(schema: str, table: str, column: str) -> None:
    pattern = Pattern.parse(str(Pattern.of(schema, table, column)))
    assert pattern.matches(schema, table, column)
    assert not pattern.matches(schema, table, f"{column}x")
    assert Pattern.parse(str(Pattern.of(schema, table))).matches_table(schema, table)


@pytest.mark.parametrize(
    "text", ["", "a", "a.", ".a", "a..b", "a.b.c.d", 'a."b', 'a."b"c', "a.b\0.c", "a." + "b" * 400]
)
def test_what_names_neither_column_nor_table_is_refused(text: str) -> None:
    with pytest.raises(BadPattern, match="names no column"):
        Pattern.parse(text)


def test_stars_stand_for_any_letters_unless_they_are_quoted() -> None:
    assert Pattern.parse("public.*_user.pass*").matches("public", "auth_user", "password")
    assert not Pattern.parse("public.*_user.pass*").matches("public", "auth_users", "password")
    assert Pattern.parse('public."*".x').matches("public", "*", "x")
    assert not Pattern.parse('public."*".x').matches("public", "a", "x")


@given(st.text("ab*", min_size=1, max_size=8), st.text("ab", max_size=12))
def test_patterns_match_as_regular_expressions_do(pattern: str, name: str) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None
    assert Pattern.parse(f"public.orders.{pattern}").matches("public", "orders", name) == expected


def test_many_stars_are_matched_without_trying_all_that_each_could_stand_for() -> None:
    assert not Pattern.parse(f"public.orders.{'*' * 100}x").matches("public", "orders", "a" * 63)
    assert Pattern.parse(f"public.orders.{'*a' * 30}").matches("public", "orders", "a" * 63)


@pytest.mark.parametrize(
    ("table", "column", "why"),
    [
        ("auth_user", "password", "default by name"),
        ("customer", "apiToken", "default by name"),
        ("authtoken_token", "key", "default for Django"),
        ("otp_totp_totpdevice", "key", "default for Django"),
        ("socialaccount_socialtoken", "token_secret", "default by name"),
        ("django_session", "expire_date", "default for session tables"),
        ("sessions", "payload", "default for session tables"),
        ("user_sessions", "ip", "default for session tables"),
    ],
)
def test_secrets_are_masked_by_default(table: str, column: str, why: str) -> None:
    assert Rules().of_column("public", table, Column(column, "text", False)) == Verdict("mask", why)


@pytest.mark.parametrize(
    ("table", "column", "type_name"),
    [
        ("auth_user", "username", "text"),
        ("auth_user", "last_login", "timestamp with time zone"),
        ("usage", "token_count", "integer"),
        ("food", "salt_percentage", "numeric"),
        ("note", "secret", "boolean"),
        ("training_sessions", "room", "text"),
        ("session_bookings", "seat", "text"),
        ("product", "key", "text"),
        ("statetrace_annotations", "session_key", "text"),
        ("statetrace_annotations", "payload", "json"),
    ],
)
def test_what_only_sounds_like_a_secret_is_kept(table: str, column: str, type_name: str) -> None:
    assert rule_of(Rules(), table, column, type_name) == "keep"


def test_ones_own_rule_stands_above_the_default() -> None:
    assert rule_of(rules(keep="public.auth_user.password"), "auth_user", "password") == "keep"
    assert rule_of(rules(exclude="*.*.password"), "auth_user", "password") == "exclude"


def test_the_most_precise_of_ones_own_rules_holds_and_of_two_alike_the_stricter() -> None:
    own = rules(mask="public.*.iban", keep="public.test_bank.iban", exclude="*.*.iban")
    assert [rule_of(own, table, "iban") for table in ("bank", "test_bank")] == ["mask", "keep"]
    assert rule_of(rules(keep="public.*a.b", exclude="public.a*.b"), "aa", "b") == "exclude"
    assert rule_of(rules(mask="public.bank", keep="public.bank.id"), "bank", "id") == "keep"
    assert rule_of(rules(mask="public.bank", keep="public.bank.id"), "bank", "name") == "mask"


def test_keeping_a_table_lifts_its_own_default_but_not_those_of_its_columns() -> None:
    own = rules(keep="public.sessions")
    assert [rule_of(own, "sessions", column) for column in ("seat", "token")] == ["keep", "mask"]
    assert rule_of(rules(keep="public.sessions.*"), "sessions", "token") == "keep"


def test_a_key_is_masked_where_it_would_be_excluded() -> None:
    verdict = rules(exclude="public.item.id").of_column("public", "item", Column("id", "int", True))
    assert verdict.rule == "mask"
    assert "key" in verdict.why


def test_the_annotation_table_is_kept_whatever_the_rules_say() -> None:
    own = rules(exclude="public.* *.*.*")
    assert rule_of(own, "statetrace_annotations", "payload") == "keep"
    assert not own.excludes("any", "statetrace_annotations")
    assert own.excludes("public", "item")


def test_only_the_annotation_table_of_the_source_is_kept() -> None:
    own = Rules([OwnRule(Pattern.parse("*.*"), "exclude")], ("app", "notes"))
    kept = [
        name
        for name in (("app", "notes"), ("other", "notes"), ("app", "statetrace_annotations"))
        if not own.excludes(*name)
    ]
    assert kept == [("app", "notes")]


def test_a_table_that_is_excluded_is_not_stored_whatever_is_said_of_its_columns() -> None:
    shape = Relation(7, "public", "item", "d", (Column("id", "int", True), Column("name", "text", False)))
    ruled = rules(exclude="public.item", keep="public.item.name public.item.id").apply(shape, Masker(b""))
    assert not ruled.stored
    assert [column.rule for column in ruled.columns] == ["mask", "exclude"]


def test_tables_without_anything_to_mask_cost_nothing() -> None:
    shape = Relation(7, "public", "item", "d", (Column("id", "int", True),))
    assert Rules().apply(shape, Masker(b"")) is shape
