"""Settings fail loudly, by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from statetrace_ui import env

ROOT = Path(__file__).parent.parent


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


GOOD = "k3vK0mWq7ZrTt1uXyA9bCdEfGhJlNpQs"


def test_a_secret_that_nobody_can_guess_is_taken() -> None:
    assert env.unguessable("SECRET_KEY", GOOD) == GOOD


@pytest.mark.parametrize("value", ["hunter2", GOOD[:31], "a" * 36, "abcdefgh" * 8])
def test_a_secret_that_can_be_guessed_is_refused_but_not_shown(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY can be guessed") as caught:
        env.unguessable("SECRET_KEY", value)
    assert value not in str(caught.value)


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


def production(tmp_path: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """The settings of a site with databases of its own, loaded in a fresh process; nothing is connected to."""
    settings = {
        "DATABASE_URL": "postgresql://u:p@db/dashboard",
        "STORE_URL": "postgresql://u:p@db/store",
        "SECRET_KEY": GOOD,
        "ALLOWED_HOSTS": "statetrace.example",
        "STATETRACE_HOME": str(tmp_path),
        **variables,
    }
    show = (
        "from statetrace_ui import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.DEVICE_COOKIE_NAME, s.TRUSTED_PROXIES)"
    )
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    return subprocess.run(
        [sys.executable, "-c", show], env={**kept, **settings}, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_production_site_keeps_its_cookies_to_its_host_and_stands_behind_a_proxy(tmp_path: Path) -> None:
    host = "__Host-statetrace"
    assert production(tmp_path).stdout.split() == [f"{host}_session", f"{host}_csrf", f"{host}_device", "1"]


def test_without_tls_browsers_would_not_take_such_cookies(tmp_path: Path) -> None:
    plain = "statetrace"
    answer = production(tmp_path, TLS="no")
    assert answer.stdout.split() == [f"{plain}_session", f"{plain}_csrf", f"{plain}_device", "0"]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [("DEBUG", "yes", "DEBUG cannot be used with DATABASE_URL"), ("SECRET_KEY", "a" * 36, "SECRET_KEY can be guessed")],
)
def test_a_production_site_refuses_what_would_open_it(variable: str, value: str, said: str, tmp_path: Path) -> None:
    answer = production(tmp_path, **{variable: value})
    assert answer.returncode == 1
    assert said in answer.stderr


def test_hosts_are_names_without_schemes_or_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.hosts("AVATAR_HOSTS") == []
    monkeypatch.setenv("AVATAR_HOSTS", "Img.example.com, localhost:8443")
    assert env.hosts("AVATAR_HOSTS") == ["img.example.com", "localhost:8443"]
    for wrong in ("https://img.example.com", "img.example.com/a", "a; script-src *", "*", "a b"):
        monkeypatch.setenv("AVATAR_HOSTS", wrong)
        with pytest.raises(ImproperlyConfigured, match="AVATAR_HOSTS"):
            env.hosts("AVATAR_HOSTS")


def test_images_come_from_this_site_and_from_the_hosts_that_the_operator_names() -> None:
    """The settings of a site of its own, as the environment makes them."""
    environment = {
        **os.environ,
        **dict.fromkeys(("DATABASE_URL", "STORE_URL"), "postgresql://ann@db/audit"),
        "SECRET_KEY": GOOD,
        "ALLOWED_HOSTS": "localhost",
    }
    script = "from statetrace_ui import settings; print(*settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src'])"
    for hosts, allowed in (("", ""), ("img.example.com", " https://img.example.com")):
        environment["AVATAR_HOSTS"] = hosts
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == f"'self' data: blob:{allowed}"
