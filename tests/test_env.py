"""Settings fail loudly, by name."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from statetrace_ui import env


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORE_URL", raising=False)
    with pytest.raises(ImproperlyConfigured, match="STORE_URL is not set"):
        env.text("STORE_URL")


@pytest.mark.parametrize(("value", "meant"), [("yes", True), ("0", False), ("TRUE", True), ("off", False)])
def test_flags_are_read(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    monkeypatch.setenv("TLS", value)
    assert env.flag("TLS", default=not meant) is meant


def test_a_flag_that_is_not_understood_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLS", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="TLS='perhaps'"):
        env.flag("TLS", default=True)


@pytest.mark.parametrize("value", ["ten", "-1", "70000", "1.5"])
def test_a_number_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("WEB_PORT", value)
    with pytest.raises(ImproperlyConfigured, match="WEB_PORT"):
        env.number("WEB_PORT", 8000, least=1, most=65535)


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    assert env.secret("SECRET_KEY") == "from a file"
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE"):
        env.secret("SECRET_KEY")


def test_a_database_url_becomes_settings() -> None:
    settings = env.database("postgresql://ann:p%40ss@db:5433/audit?sslmode=require", "DATABASE_URL")
    assert (settings["NAME"], settings["USER"], settings["PASSWORD"]) == ("audit", "ann", "p@ss")
    assert (settings["HOST"], settings["PORT"], settings["OPTIONS"]) == ("db", "5433", {"sslmode": "require"})


@pytest.mark.parametrize("url", ["mysql://ann:secret@db/x", "postgresql://ann:secret@db", "postgresql://a:secret@[/x"])
def test_a_url_that_is_not_understood_is_named_but_not_shown(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as caught:
        env.database(url, "DATABASE_URL")
    assert "secret" not in str(caught.value)


def test_a_secret_that_can_be_guessed_is_refused_but_not_shown() -> None:
    assert env.unguessable("SECRET_KEY", "x" * 32) == "x" * 32
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY can be guessed") as caught:
        env.unguessable("SECRET_KEY", "hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("https://statetrace.example.com", "https://statetrace.example.com"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("https://tools.example.com/statetrace/", "https://tools.example.com/statetrace"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address_has_no_slash_at_its_end(value: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SETTING", value)
    assert env.address("A_SETTING", "") == address


@pytest.mark.parametrize(
    "value",
    [
        *("statetrace.example.com", "ftp://x", "javascript://x", "https://", "https://me:secret@x", "https://x?a=b"),
        *("https://x#a", "https://x y", "https://x/" + "y" * 200, "https:/x"),
    ],
)
def test_what_is_no_address_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SETTING", value)
    with pytest.raises(ImproperlyConfigured, match=r"A_SETTING=.*https://statetrace\.example\.com"):
        env.address("A_SETTING", "")


def test_an_address_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A_SETTING", raising=False)
    assert env.address("A_SETTING", "") == ""
