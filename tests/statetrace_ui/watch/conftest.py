"""People who watch something."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from replica.exports.models import UserFlowExport
from statetrace_ui.history.models import Relation, SavedQuestion, Source
from statetrace_ui.watch import subjects
from statetrace_ui.watch.models import Kind
from statetrace_ui.web.models import Membership, Organisation
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction, row


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return make_source(organisation, status=Source.Status.STREAMING, seen_at=timezone.now())


@pytest.fixture
def orders(source: Source) -> Relation:
    return make_relation(source)


@pytest.fixture
def export(organisation: Organisation) -> UserFlowExport:
    return UserFlowExport.objects.create(organisation=organisation, user_flow_id="flow-1", name="Checkout")


@pytest.fixture
def question(organisation: Organisation) -> SavedQuestion:
    """Shared by the organisation."""
    return SavedQuestion.objects.create(organisation=organisation, asked="changes", name="Deleted", line="kind:delete")


@pytest.fixture
def membership(reader: User) -> Membership:
    return Membership.objects.get(user=reader)


@pytest.fixture
def watched(membership: Membership, question: SavedQuestion, orders: Relation) -> SavedQuestion:
    """The question, which the reader watches."""
    subjects.watch(membership, Kind.QUESTION, str(question.pk))
    return question


def delete_rows(orders: Relation, count: int = 1) -> None:
    for number in range(count):
        make_change(make_transaction(orders.source), orders, "D", str(number), old=row(str(number)))
