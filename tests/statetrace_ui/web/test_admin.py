"""Staff see on the admin site what the organisations that they manage own; people are for superusers."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from replica.databases.models import Replica
from replica.exports.models import UserFlowExport
from statetrace_ui.web.models import Membership, Organisation
from tests.statetrace_ui.history.rows import make_source

pytestmark = pytest.mark.django_db
OWNED = ["exports_userflowexport", "databases_replica", "history_source"]


@pytest.fixture
def data_admin(manager: User, client: Client) -> Client:
    """A manager of Acme with every right that can be given on the admin site."""
    manager.is_staff = True
    manager.save()
    manager.user_permissions.set(Permission.objects.all())
    client.force_login(manager)
    return client


def own(organisation: Organisation) -> dict[str, int]:
    """One of each, named after the organisation: primary keys by model."""
    slug = organisation.slug
    export = UserFlowExport.objects.create(organisation=organisation, name=f"flow of {slug}", user_flow_id=slug)
    replica = Replica.objects.create(
        organisation=organisation, database=f"replica of {slug}", login_role=slug, owner_url="postgresql:///x"
    )
    source = make_source(organisation, f"source of {slug}")
    return dict(zip(OWNED, (export.pk, replica.pk, source.pk), strict=True))


@pytest.fixture
def elsewhere(organisation: Organisation) -> dict[str, int]:
    own(organisation)
    return own(Organisation.objects.create(name="Elsewhere", slug="elsewhere"))


@pytest.mark.parametrize("model", OWNED)
@pytest.mark.usefixtures("store")
def test_lists_show_what_is_managed_and_nothing_else(model: str, data_admin: Client, elsewhere: dict[str, int]) -> None:
    page = data_admin.get(reverse(f"admin:{model}_changelist")).content.decode()
    assert "of acme" in page
    assert "elsewhere" not in page.lower()


@pytest.mark.parametrize("model", OWNED)
def test_things_of_other_organisations_are_not_found(model: str, data_admin: Client, elsewhere: dict[str, int]) -> None:
    answer = data_admin.get(reverse(f"admin:{model}_change", args=[elsewhere[model]]), follow=True)
    assert "of elsewhere" not in answer.content.decode()
    assert answer.request["PATH_INFO"] == reverse("admin:index")


@pytest.mark.parametrize(
    "name", ["exports_userflowexport_sync", "exports_userflowexport_status", "databases_replica_credentials"]
)
def test_nothing_can_be_done_elsewhere(name: str, data_admin: Client, elsewhere: dict[str, int]) -> None:
    address = reverse(f"admin:{name}", args=[elsewhere[name.rpartition("_")[0]]])
    send = data_admin.get if name.endswith("status") else data_admin.post
    assert send(address).status_code == 404


def test_a_source_cannot_be_given_to_others(data_admin: Client, elsewhere: dict[str, int]) -> None:
    page = data_admin.get(reverse("admin:databases_replica_add")).content.decode()
    assert "Acme" in page
    assert "Elsewhere" not in page


def test_readers_manage_nothing(data_admin: Client, elsewhere: dict[str, int]) -> None:
    Membership.objects.update(role=Membership.Role.READER)
    assert "of acme" not in data_admin.get(reverse("admin:history_source_changelist")).content.decode()


@pytest.mark.parametrize("model", ["auth_user", "auth_group", "web_organisation"])
def test_people_and_organisations_are_for_superusers(model: str, data_admin: Client, admin_client: Client) -> None:
    for action in ("changelist", "add"):
        assert data_admin.get(reverse(f"admin:{model}_{action}")).status_code == 403
        assert admin_client.get(reverse(f"admin:{model}_{action}")).status_code == 200


def test_a_source_leads_to_where_it_is_paused_and_removed(data_admin: Client, organisation: Organisation) -> None:
    source = make_source(organisation)
    page = data_admin.get(reverse("admin:history_source_change", args=[source.pk])).content.decode()
    assert reverse("capture:manage", args=[source.pk]) in page
