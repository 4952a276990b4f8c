"""Single sign-on at a real provider, Django OAuth Toolkit, which runs as a process of its own."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from statetrace_ui.accounts.models import Identity, Passkey, SecurityEvent, Session
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.accounts.sign_on.linking import LASTS, UNTIL
from statetrace_ui.accounts.sign_on.views import BEGUN_SECONDS
from statetrace_ui.accounts.tasks import forget_sessions
from statetrace_ui.web.models import Membership, Organisation, Profile
from tests.provider.running import CLIENT, SECRET, Provider, running

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("provider")]  # one running provider for all of them
LINK, UNLINK = "/account/sso/link/", "/account/sso/unlink/"
BEGIN, CALLBACK = "/account/sso/", "http://testserver/account/sso/callback/"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running(tmp_path_factory.mktemp("provider"), CALLBACK) as provider:
        yield provider


@pytest.fixture
def provider(process: Provider, settings: Settings) -> Provider:
    settings.OIDC_ISSUER, settings.OIDC_NAME = process.issuer, "Acme Sign-on"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.OIDC_ROLES = [("staff", "acme", "reader"), ("ops", "acme", "manager"), ("ops", "elsewhere", "analyst")]
    return process


def sign_on(client: Client, provider: Provider, name: str = "ada", **query: str) -> Any:
    """Sign in from end to end; returns the answer of the callback."""
    begun = client.get(BEGIN, query).headers["location"]
    return client.get(provider.sign_in(begun, name))


def roles(name: str = "ada") -> dict[str, str]:
    memberships = Membership.objects.filter(user__username=name).select_related("organisation")
    return {one.organisation.slug: one.role for one in memberships}


def test_somebody_new_gets_an_account_and_the_roles_of_their_groups(
    provider: Provider, organisation: Organisation, client: Client
) -> None:
    subject = provider.person("ada", "staff", email="ada@example.com")
    assert sign_on(client, provider).headers["location"] == "/"
    person = User.objects.get(username="ada")
    assert (person.email, person.first_name, person.has_usable_password()) == ("ada@example.com", "Ada", False)
    assert roles() == {"acme": "reader"}
    identity = Identity.objects.get()
    assert (identity.issuer, identity.subject, identity.person) == (provider.issuer, subject, person)
    assert client.get("/people/").status_code == 200
    assert SecurityEvent.objects.filter(event=Event.SIGNED_IN, person=person, organisation=organisation).exists()


def test_it_asks_with_pkce_state_and_nonce(provider: Provider, client: Client) -> None:
    asked = parse_qs(urlsplit(client.get(BEGIN).headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [CALLBACK]
    assert {"code_challenge", "state", "nonce"} <= asked.keys()


def test_groups_are_followed_at_each_sign_in(provider: Provider, organisation: Organisation, stranger: User) -> None:
    for groups, expected in (
        (["staff", "ops"], {"acme": "manager", "elsewhere": "analyst"}),
        (["staff"], {"acme": "reader"}),
        ([], {}),
    ):
        provider.person("ada", *groups)
        sign_on(Client(), provider)
        assert roles() == expected
    assert User.objects.filter(username="ada").count() == 1


def test_what_people_gave_outlives_groups(provider: Provider, organisation: Organisation) -> None:
    provider.person("ada")
    sign_on(Client(), provider)
    User.objects.get(username="ada").memberships.create(organisation=organisation, role="analyst")
    for groups in (["ops"], []):
        provider.person("ada", *groups)
        sign_on(Client(), provider)
        assert roles()["acme"] == "analyst"


def test_a_name_at_the_provider_is_no_proof(provider: Provider, reader: User) -> None:
    provider.person("reader", email=reader.email)
    client = Client()
    sign_on(client, provider, "reader")
    assert client.session["_auth_user_id"] != str(reader.pk)
    assert User.objects.filter(username="reader-2").exists()


@pytest.mark.parametrize(
    ("allowed", "here", "there", "rights", "linked"),
    [
        (True, True, True, {}, True),
        (False, True, True, {}, False),
        (True, False, True, {}, False),
        (True, True, False, {}, False),
        (True, True, True, {"is_staff": True}, False),
        (True, True, True, {"is_superuser": True}, False),
        (True, True, True, {"is_active": False}, False),
    ],
)
def test_accounts_are_linked_by_an_address_that_both_sides_have_verified(
    provider: Provider,
    reader: User,
    settings: Settings,
    allowed: bool,
    here: bool,
    there: bool,
    rights: dict[str, bool],
    linked: bool,
) -> None:
    settings.OIDC_LINK_BY_EMAIL = allowed
    User.objects.filter(pk=reader.pk).update(**rights)
    Profile.objects.create(person=reader, verified_email=reader.email if here else "")
    name = f"rita-{allowed}-{here}-{there}-{len(rights)}-{next(iter(rights), '')}"
    provider.person(name, *([] if there else ["unverified"]), email="READER@example.com")
    sign_on(Client(), provider, name)
    assert Identity.objects.filter(person=reader).exists() == linked


def test_somebody_who_may_not_sign_in_is_refused(provider: Provider, client: Client) -> None:
    provider.person("ada")
    sign_on(Client(), provider)
    User.objects.update(is_active=False)
    assert sign_on(client, provider).status_code == 403
    assert "_auth_user_id" not in client.session


def test_what_was_begun_in_another_browser_is_refused(provider: Provider, client: Client) -> None:
    """Nobody can be signed in as somebody else by a link that they are sent."""
    provider.person("ada")
    back = provider.sign_in(client.get(BEGIN).headers["location"], "ada")
    victim = Client()
    victim.get(BEGIN)
    assert victim.get(back).status_code == 502
    assert "_auth_user_id" not in victim.session


def test_a_code_is_taken_once(provider: Provider, client: Client) -> None:
    provider.person("ada")
    back = provider.sign_in(client.get(BEGIN).headers["location"], "ada")
    assert client.get(back).status_code == 302
    client.logout()
    assert client.get(back).status_code == 502


def test_a_forged_state_is_refused(provider: Provider, client: Client) -> None:
    client.get(BEGIN)
    answer = client.get("/account/sso/callback/", {"state": "forged", "code": "forged"})
    assert answer.status_code == 502
    assert "Begin anew on the sign-in page" in answer.content.decode()


def test_a_denial_is_told(provider: Provider, client: Client) -> None:
    client.get(BEGIN)
    assert client.get("/account/sso/callback/", {"error": "access_denied"}).status_code == 403


def test_a_planted_session_is_not_the_one_that_is_signed_in(provider: Provider, client: Client) -> None:
    provider.person("ada")
    begun = client.get(BEGIN).headers["location"]
    planted = client.cookies["statetrace_session"].value
    client.get(provider.sign_in(begun, "ada"))
    assert client.cookies["statetrace_session"].value != planted


@pytest.mark.parametrize(
    ("wanted", "led"), [("/people/", "/people/"), ("//evil.example/", "/"), ("https://evil.example/", "/")]
)
def test_it_leads_to_where_one_wanted_to_go_on_this_site(
    provider: Provider, organisation: Organisation, client: Client, wanted: str, led: str
) -> None:
    provider.person("ada", "staff")
    assert sign_on(client, provider, next=wanted).headers["location"] == led


def test_the_provider_counts_as_second_factor(provider: Provider, organisation: Organisation, client: Client) -> None:
    organisation.requires_second_factor = True
    organisation.save()
    provider.person("ada", "staff")
    sign_on(client, provider)
    assert client.get("/people/").status_code == 200


def test_a_provider_that_does_not_answer_is_told(provider: Provider, client: Client, settings: Settings) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:9/o"
    assert client.get(BEGIN).status_code == 502
    assert "Sign in with Acme Sign-on" in client.get("/account/login/").content.decode()


def test_a_provider_that_calls_itself_otherwise_is_refused(
    provider: Provider, client: Client, settings: Settings
) -> None:
    settings.OIDC_ISSUER = provider.issuer.replace("127.0.0.1", "localhost")
    assert client.get(BEGIN).status_code in (502,)


def test_without_a_provider_there_is_no_such_page(client: Client) -> None:
    assert client.get(BEGIN).status_code == 404
    assert client.get("/account/sso/callback/").status_code == 404
    assert "/account/sso/" not in client.get("/account/login/").content.decode()


def test_passwords_are_for_superusers_where_the_provider_alone_lets_in(
    provider: Provider, reader: User, admin_user: User, settings: Settings
) -> None:
    settings.OIDC_ONLY = True
    client = Client()
    page = client.post("/account/login/", {"username": "reader", "password": "a password of tests"})
    assert "Sign in with Acme Sign-on" in page.content.decode()
    assert "_auth_user_id" not in client.session
    assert client.post("/account/login/", {"username": "admin", "password": "password"}).status_code == 302


def test_a_visitor_who_goes_no_further_leaves_a_short_session(
    provider: Provider, organisation: Organisation, reader: User, client: Client
) -> None:
    provider.person("ada", "staff")
    begun = client.get(BEGIN).headers["location"]
    soon = timezone.now() + dt.timedelta(seconds=BEGUN_SECONDS)
    assert Session.objects.get().expire_date <= soon
    client.get(provider.sign_in(begun, "ada"))
    assert Session.objects.get(person__username="ada").expire_date > soon
    other = Client()
    other.get(BEGIN)
    other.post("/account/login/", {"username": "reader", "password": "a password of tests"})
    assert Session.objects.get(person=reader).expire_date > soon
    Session.objects.update(expire_date=timezone.now())
    forget_sessions(0)
    assert not Session.objects.exists()


def test_signing_out_leads_on_to_the_provider(provider: Provider, organisation: Organisation, client: Client) -> None:
    provider.person("ada", "staff")
    sign_on(client, provider)
    page = client.post("/account/logout/", follow=True).content.decode()
    assert "Sign out at Acme Sign-on, too" in page
    address = client.get("/account/sso/sign-out/").headers["location"]
    provider.sign_out(address, "ada")
    client.force_login(User.objects.get(username="ada"))  # as by a password
    assert "Sign out at" not in client.post("/account/logout/", follow=True).content.decode()


def test_an_account_is_linked_by_hand_and_unlinked(provider: Provider, reader: User, reader_client: Client) -> None:
    subject = provider.person("rita")
    client = reader_client
    assert client.post(LINK, {"password": "wrong"}).status_code == 400
    assert "Go on at Acme Sign-on" not in client.get("/account/").content.decode()
    client.post(LINK, {"password": "a password of tests"})
    assert "Go on at Acme Sign-on" in client.get("/account/").content.decode()
    assert sign_on(client, provider, "rita").headers["location"] == "/account/"
    identity = Identity.objects.get()
    assert (identity.person, identity.subject) == (reader, subject)
    other = Client()
    sign_on(other, provider, "rita")
    assert other.session["_auth_user_id"] == str(reader.pk)
    assert client.post(UNLINK, {"identity": identity.pk, "password": "wrong"}).status_code == 400
    client.post(UNLINK, {"identity": identity.pk, "password": "a password of tests"})
    assert not Identity.objects.exists()
    told = SecurityEvent.objects.filter(person=reader).values_list("event", flat=True)
    assert {"identity_linked", "identity_unlinked"} <= set(told)


def test_without_the_password_one_comes_back_as_who_one_is_there(
    provider: Provider, reader: User, reader_client: Client
) -> None:
    provider.person("rita")
    sign_on(reader_client, provider, "rita")
    assert Identity.objects.get().person.username == "rita"


def test_the_password_counts_for_ten_minutes_and_one_way_back(
    provider: Provider, reader: User, reader_client: Client
) -> None:
    provider.person("rita")
    reader_client.post(LINK, {"password": "a password of tests"})
    session = reader_client.session
    session[UNTIL] -= LASTS
    session.save()
    sign_on(reader_client, provider, "rita")
    assert not Identity.objects.filter(person=reader).exists()


def test_what_is_another_accounts_is_not_linked_nor_unlinked(
    provider: Provider, reader: User, reader_client: Client
) -> None:
    provider.person("ada")
    sign_on(Client(), provider)
    reader_client.post(LINK, {"password": "a password of tests"})
    assert sign_on(reader_client, provider).status_code == 409
    theirs = Identity.objects.get()
    reader_client.post(UNLINK, {"identity": theirs.pk, "password": "a password of tests"})
    assert Identity.objects.get() == theirs


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}])
def test_accounts_with_rights_over_the_site_are_not_linked(
    provider: Provider, reader: User, reader_client: Client, rights: dict[str, bool]
) -> None:
    User.objects.filter(pk=reader.pk).update(**rights)
    assert reader_client.post(LINK, {"password": "a password of tests"}).status_code == 403


def test_whoever_has_a_second_factor_links_in_a_session_that_had_it(
    provider: Provider, reader: User, reader_client: Client
) -> None:
    Passkey.objects.create(person=reader, name="key", credential=b"x")
    assert reader_client.post(LINK, {"password": "a password of tests"}).status_code == 403
