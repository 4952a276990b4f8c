"""What the page of a source that begins says before all is seen."""

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.history.models import Source, Transaction
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_action, make_session, make_source


def test_annotations_of_tables_that_are_not_published_are_told(
    manager_client: Client, organisation: Organisation
) -> None:
    source = make_source(organisation, status=Source.Status.STREAMING, position=1, seen_at=timezone.now())
    address = reverse("capture:progress", args=[source.pk])
    assert "Annotations come" not in manager_client.get(address).content.decode()
    make_action(make_session(source), timezone.now())
    Transaction.objects.update(change_count=0)
    page = manager_client.get(address).content.decode()
    assert "Annotations come" in page
