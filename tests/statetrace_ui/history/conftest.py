import pytest

from statetrace_ui.history.models import Action, Change, Relation, Session, Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_action, make_change, make_relation, make_session, make_source, row


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return make_source(organisation)


@pytest.fixture
def orders(source: Source) -> Relation:
    return make_relation(source)


@pytest.fixture
def session(source: Source) -> Session:
    return make_session(source)


@pytest.fixture
def action(session: Session) -> Action:
    return make_action(session)


@pytest.fixture
def change(action: Action, orders: Relation) -> Change:
    """An order is paid through the action."""
    return make_change(action.transaction, orders, "U", old=row(), new=row(status="paid"))
