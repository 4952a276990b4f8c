import pytest

from statetrace_ui.operations import metrics, readiness
from tests.replica.exports.conftest import start_worker as start_worker


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """No answer of another test is given again."""
    metrics.page.forget()
    readiness.findings.forget()
