"""The replica's model moved from one app to another: what was stored before is kept."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from replica.databases.models import Replica
from tests.replica.conftest import MIGRATED as ALIAS

pytestmark = pytest.mark.django_db
BEFORE, AFTER = ("exports", "0002_retry"), ("databases", "0001_initial")


def test_replicas_and_the_rights_on_them_are_kept_there_and_back(
    migrate: Callable[[tuple[str, str]], Any],
) -> None:
    apps = migrate(BEFORE)
    organisation = apps.get_model("web", "Organisation").objects.using(ALIAS).create(name="Acme", slug="acme")
    fields = {"database": "replica_acme", "login_role": "acme", "connection_limit": 7}
    urls = {"owner_url": "postgresql:///owner", "reader_url": "postgresql:///reader"}
    old = apps.get_model("exports", "Replica").objects.using(ALIAS)
    old.create(organisation_id=organisation.pk, **fields, **urls)
    kind = (
        apps.get_model("contenttypes", "ContentType").objects.using(ALIAS).create(app_label="exports", model="replica")
    )
    right = apps.get_model("auth", "Permission").objects.using(ALIAS)
    right.create(content_type_id=kind.pk, codename="change_replica", name="Can change replica")

    migrate(AFTER)
    assert Replica.objects.using(ALIAS).values(*fields, *urls).get() == fields | urls
    rights = Permission.objects.using(ALIAS).filter(codename="change_replica")
    assert rights.values_list("content_type__app_label", flat=True).get() == "databases"

    migrate(BEFORE)
    assert old.values(*fields, *urls).get() == fields | urls
    assert rights.values_list("content_type__app_label", flat=True).get() == "exports"
