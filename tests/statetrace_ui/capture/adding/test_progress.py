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


def test_the_way_to_annotate_stands_below_with_a_light_that_goes_on_by_itself(
    manager_client: Client, organisation: Organisation
) -> None:
    source = make_source(organisation, status=Source.Status.STREAMING, position=1, seen_at=timezone.now())
    address = reverse("capture:progress", args=[source.pk])
    shown = manager_client.get(address).content.decode()
    assert 'id="snippet-sql"' in shown
    assert "Waiting for the first annotated transaction" in shown
    make_action(make_session(source), timezone.now())
    polled = manager_client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'id="annotated" hx-swap-oob="true"' in polled
    assert "Seen:" in polled
    assert "snippet-sql" not in polled  # what somebody has unfolded stays so
