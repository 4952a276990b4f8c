"""Signing in, on the site and on the admin site: limits, what is said, and how long it lasts."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from statetrace_ui.accounts.models import PasswordAttempts, SecurityEvent
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.accounts.sessions import SEEN_AT, SIGNED_IN_AT

pytestmark = pytest.mark.django_db
RIGHT = "a password of tests"
LOGIN = "/account/login/"


def sign_in(client: Client, password: str = RIGHT, name: str = "reader", **more: Any) -> Any:
    return client.post(LOGIN, {"username": name, "password": password}, **more)


def exhaust(client: Client, name: str = "reader", **more: Any) -> None:
    """Wrong passwords until one must wait."""
    for _ in range(20):
        if sign_in(client, "wrong", name, **more).status_code == 429:
            return
    raise AssertionError("twenty wrong passwords, and no pause")


def test_after_wrong_passwords_even_the_right_one_must_wait(reader: User, client: Client) -> None:
    exhaust(client)
    answer = sign_in(client)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Too many attempts failed. Try again in" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_password_that_comes_too_early_is_not_looked_at(
    reader: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    exhaust(client)
    looked: list[str] = []
    monkeypatch.setattr(User, "check_password", lambda _, password: looked.append(password))
    assert sign_in(client).status_code == 429
    assert looked == []


def test_the_right_password_in_time_forgets_the_wrong_ones(reader: User, client: Client) -> None:
    for _ in range(3):
        for _ in range(4):
            assert sign_in(client, "wrong").status_code == 200
        assert sign_in(client).status_code == 302
        client.cookies.clear()


def test_a_forged_header_is_no_other_client(reader: User, client: Client) -> None:
    exhaust(client)
    assert sign_in(client, headers={"X-Forwarded-For": "203.0.113.5"}).status_code == 429


def test_the_owners_browser_is_not_kept_waiting_by_others(reader: User, client: Client) -> None:
    assert sign_in(client).status_code == 302
    client.post("/account/logout/")
    exhaust(Client())  # from the same address, even
    assert sign_in(Client()).status_code == 429
    assert sign_in(client).status_code == 302


def test_a_mark_is_good_for_its_own_name_alone(reader: User, manager: User, client: Client) -> None:
    sign_in(client)
    client.post("/account/logout/")
    exhaust(client, "manager")
    assert sign_in(client, name="manager").status_code == 429
    client.cookies["statetrace_device"] = "WyJyZWFkZXIiLCJ4Il0:forged:mark"
    exhaust(client)


def test_waiting_is_recorded_once(reader: User, client: Client) -> None:
    exhaust(client)
    for _ in range(3):
        sign_in(client)
    [entry] = SecurityEvent.objects.filter(event=Event.THROTTLED)
    assert (entry.subject, entry.address) == ("reader", "127.0.0.1")


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_a_name_that_cannot_be_one_counts_for_nothing(name: str, client: Client) -> None:
    assert sign_in(client, name=name).status_code == 200
    assert not PasswordAttempts.objects.exists()


def test_the_admin_site_leads_to_the_sites_own_sign_in(reader: User, client: Client) -> None:
    answer = client.get("/admin/exports/", follow=True)
    assert answer.redirect_chain[-1][0] == "/account/login/?next=%2Fadmin%2Fexports%2F"
    assert client.post("/admin/login/", {"username": "reader", "password": RIGHT}).status_code == 302
    assert "_auth_user_id" not in client.session


def test_staff_come_back_to_where_they_wanted_to_go(admin_user: User, client: Client) -> None:
    answer = client.post(
        "/account/login/?next=/admin/auth/user/", {"username": "admin", "password": "password"}, follow=True
    )
    assert answer.redirect_chain == [("/admin/auth/user/", 302)]


def test_the_admin_site_says_that_it_is_for_staff(reader_client: Client) -> None:
    answer = reader_client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "The admin site is for staff" in answer.content.decode()


@pytest.mark.parametrize("next_page", ["//evil.example", "https://evil.example/"])
def test_signing_in_by_way_of_the_admin_site_leads_nowhere_else(next_page: str, reader: User, client: Client) -> None:
    address = client.get("/admin/login/", {"next": next_page}).headers["location"]
    assert address.startswith(LOGIN)
    assert client.post(address, {"username": "reader", "password": RIGHT}).headers["location"] == "/"


@pytest.mark.parametrize("way", ["/account/logout/", "/admin/logout/"])
def test_signing_out_empties_the_browsers_cache(way: str, reader_client: Client) -> None:
    answer = reader_client.post(way)
    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (302, '"cache"')
    assert "_auth_user_id" not in reader_client.session


def age(client: Client, **seconds: int) -> None:
    session = client.session
    for key, older in seconds.items():
        session[key] -= older
    session.save()


@pytest.mark.parametrize(("key", "limit"), [(SIGNED_IN_AT, 3 * 3600), (SEEN_AT, 7 * 60)])
def test_a_session_ends(key: str, limit: int, reader_client: Client, settings: Settings) -> None:
    settings.SESSION_HOURS, settings.SESSION_IDLE_MINUTES = 3, 7
    age(reader_client, **{key: limit - 60})
    assert reader_client.get("/sources/").status_code == 200
    age(reader_client, **{key: limit})
    assert reader_client.get("/sources/").status_code == 302
    assert SecurityEvent.objects.filter(event=Event.SIGNED_OUT, person_name="reader").exists()


def test_only_what_a_person_asks_for_keeps_a_session(reader_client: Client) -> None:
    age(reader_client, seen_at=3000)
    before = reader_client.session[SEEN_AT]
    reader_client.get("/sources/", headers={"HX-Request": "true", "X-Unattended": "1"})
    assert reader_client.session[SEEN_AT] == before
    reader_client.get("/sources/")
    assert reader_client.session[SEEN_AT] > before


def test_a_session_from_before_there_were_limits_ends(reader_client: Client) -> None:
    session = reader_client.session
    del session[SIGNED_IN_AT]
    session.save()
    assert reader_client.get("/sources/").status_code == 302


def test_the_page_says_what_this_is_and_how_to_get_in(admin_user: User, client: Client) -> None:
    page = client.get(LOGIN).content.decode()
    for words in ("User name", "icon.svg", "Who changed a record", 'href="/account/recovery/"'):
        assert words in page
    assert "Nobody can sign in yet" not in page


@pytest.fixture
def password_page(reader_client: Client) -> Client:
    return reader_client


def change(client: Client, old: str, new: str) -> Any:
    return client.post("/account/password/", {"old_password": old, "new_password1": new, "new_password2": new})


def test_everybody_can_change_their_own_password(reader: User, reader_client: Client) -> None:
    elsewhere = Client()
    elsewhere.force_login(reader)
    assert "Your password is changed" in change(reader_client, RIGHT, "correct horse battery").content.decode()
    assert reader_client.get("/sources/").status_code == 200
    assert elsewhere.get("/sources/").status_code == 302
    reader.refresh_from_db()
    assert reader.check_password("correct horse battery")
    assert SecurityEvent.objects.filter(event=Event.PASSWORD_CHANGED, person=reader).last()


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("elevenchars", "at least 12 characters"),
        ("reader@example.com", "similar to the"),
        ("password1234", "too common"),
    ],
)
def test_weak_passwords_are_refused(new: str, said: str, reader: User, reader_client: Client) -> None:
    assert said in change(reader_client, RIGHT, new).content.decode()
    reader.refresh_from_db()
    assert reader.check_password(RIGHT)


def test_an_open_session_is_no_way_to_find_out_the_password(reader: User, reader_client: Client) -> None:
    for _ in range(6):
        page = change(reader_client, "wrong", "correct horse battery").content.decode()
    assert "Too many attempts failed" in page
    assert "Too many attempts failed" in change(reader_client, RIGHT, "correct horse battery").content.decode()


def test_the_admin_site_leads_to_ones_own_password(reader_client: Client) -> None:
    assert reader_client.get("/admin/password_change/").headers["location"] == "/account/password/"


def test_the_rail_leads_to_ones_own_account_and_that_to_the_password(reader_client: Client) -> None:
    assert 'href="/account/"' in reader_client.get("/sources/").content.decode()
    assert 'href="/account/password/"' in reader_client.get("/account/").content.decode()


def test_a_session_lasts_from_signing_in(reader: User, client: Client) -> None:
    before = int(time.time())
    sign_in(client)
    assert before <= client.session[SIGNED_IN_AT] == client.session[SEEN_AT] <= time.time()


def test_the_page_is_shown_where_the_database_fails(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        cursor.execute("ALTER TABLE auth_user RENAME TO gone")
    assert client.get(LOGIN).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("ROLLBACK TO before")
