"""Questions that people keep for themselves, and managers for everybody."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from statetrace_ui.history.models import SavedQuestion
from statetrace_ui.history.queries import saved_questions
from statetrace_ui.web.models import Membership, Organisation


def save(client: Client, name: str, line: str = "kind:delete", **more: str) -> int:
    return client.post("/questions/save/", {"name": name, "q": line, "to": "changes", **more}).status_code


def shown(client: Client, address: str = "/changes/") -> list[str]:
    return [f"{question.name}{'*' * question.is_shared}" for question in client.get(address).context["saved"]]


@pytest.fixture
def colleague(organisation: Organisation) -> User:
    user = User.objects.create_user("colleague")
    Membership.objects.create(user=user, organisation=organisation)
    return user


def test_a_question_is_kept_by_its_name_for_whoever_saved_it(
    reader_client: Client, manager_client: Client
) -> None:
    answer = reader_client.post("/questions/save/", {"name": "Gone", "q": " kind:delete ", "to": "changes"})
    assert answer.headers["location"] == "/changes/?q=kind%3Adelete"
    assert shown(reader_client) == ["Gone"]
    assert shown(manager_client) == []
    assert shown(reader_client, "/sessions/") == []
    page = reader_client.get(answer.headers["location"]).content.decode()
    assert 'href="?q=kind%3Adelete" aria-current="true"' in page


def test_managers_share_and_everybody_of_the_organisation_sees_it(
    reader_client: Client, manager_client: Client, stranger_client: Client
) -> None:
    assert save(manager_client, "Gone", shared="on") == 302
    assert save(reader_client, "Mine", shared="on") == 403
    assert save(manager_client, "Later") == 302
    assert shown(reader_client) == ["Gone*"]
    later = SavedQuestion.objects.get(name="Later")
    assert manager_client.post(f"/questions/{later.pk}/share/").status_code == 302
    assert shown(reader_client) == ["Gone*", "Later*"]
    assert shown(stranger_client) == []


def test_a_question_is_renamed_and_deleted_by_whoever_it_belongs_to(
    reader_client: Client, manager_client: Client, colleague: User
) -> None:
    save(reader_client, "Gone")
    question = SavedQuestion.objects.get()
    other = Client()
    other.force_login(colleague)
    for client in (other, manager_client):
        assert client.post(f"/questions/{question.pk}/rename/", {"name": "x"}).status_code == 404
        assert client.post(f"/questions/{question.pk}/delete/").status_code == 404
    assert manager_client.post(f"/questions/{question.pk}/share/").status_code == 404
    assert reader_client.post(f"/questions/{question.pk}/rename/", {"name": "Deleted"}).status_code == 302
    assert shown(reader_client) == ["Deleted"]
    assert reader_client.post(f"/questions/{question.pk}/delete/").status_code == 302
    assert shown(reader_client) == []


def test_a_shared_question_is_changed_by_managers_alone(reader_client: Client, manager_client: Client) -> None:
    save(manager_client, "Gone", shared="on")
    question = SavedQuestion.objects.get()
    assert reader_client.post(f"/questions/{question.pk}/delete/").status_code == 404
    assert f"/questions/{question.pk}/delete/" not in reader_client.get("/changes/").content.decode()
    assert f"/questions/{question.pk}/delete/" in manager_client.get("/changes/").content.decode()
    assert manager_client.post(f"/questions/{question.pk}/rename/", {"name": "Deleted"}).status_code == 302
    assert shown(reader_client) == ["Deleted*"]


def test_two_of_the_same_name_are_refused(reader_client: Client, manager_client: Client) -> None:
    for client, shared in ((reader_client, {}), (manager_client, {"shared": "on"})):
        assert save(client, "Gone", **shared) == 302
        assert save(client, "Gone", "kind:insert", **shared) == 400
    assert SavedQuestion.objects.count() == 2
    assert shown(reader_client) == ["Gone", "Gone*"]


@pytest.mark.parametrize("line", ["", "tabel:x", "since:soon", "x" * 2001])
def test_a_line_that_is_not_understood_is_not_saved(reader_client: Client, line: str) -> None:
    assert save(reader_client, "Wrong", line) == 400
    assert not SavedQuestion.objects.exists()


def test_there_is_a_limit(reader_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_questions, "MOST_SAVED", 2)
    assert [save(reader_client, name) for name in "abc"] == [302, 302, 400]
    first = SavedQuestion.objects.order_by("pk")[0]
    assert reader_client.post(f"/questions/{first.pk}/rename/", {"name": "d"}).status_code == 302


def test_whoever_leaves_the_organisation_takes_no_question_along(reader: User, reader_client: Client) -> None:
    save(reader_client, "Gone")
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    reader.memberships.update(organisation=elsewhere)
    question = SavedQuestion.objects.get()
    assert shown(reader_client) == []
    assert reader_client.post(f"/questions/{question.pk}/delete/").status_code == 404
