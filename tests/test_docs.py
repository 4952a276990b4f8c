"""The documentation names what the code reads from the environment, and gives each dependency its reason."""

import re
from collections import Counter
from pathlib import Path

from statetrace_ui.history.question.names import FLAGS, KINDS, NAMES
from tests.package.requirements import DASHBOARD, DEV

ROOT = Path(__file__).parent.parent
READ = re.compile(r"""(?:env\.(?:text|secret|flag|number|words|address)\(|environ(?:\.get\(|\[))\s*["']([A-Z_]+)["']""")
# | name (more of it) | A sentence. |
REASON = re.compile(r"^\| ([a-z][\w-]*)[^|]* \| ([A-Z][^|]+ [^|]+\.) \|$", re.MULTILINE)
# Read by the product's code, but not for people to set.
INTERNAL = {
    "DJANGO_SETTINGS_MODULE",  # Django's own
    "DEMO_DATABASE_URL",  # handed by the demo to its shop
    "GIT_COMMIT",  # of an audited application: docs/annotating.md
    "PYTHONPATH",
}


def variables() -> set[str]:
    paths = [path for package in ("statetrace_ui", "replica") for path in (ROOT / package).rglob("*.py")]
    return {name for path in paths for name in READ.findall(path.read_text())}


def test_every_setting_is_documented() -> None:
    documented = (ROOT / "docs" / "settings.md").read_text()
    assert sorted(name for name in variables() - INTERNAL if f"`{name}`" not in documented) == []


def test_no_variable_is_called_internal_that_nothing_reads() -> None:
    assert variables() >= INTERNAL


def test_every_direct_dependency_has_its_reason() -> None:
    """One row with a sentence each, and no row for a dependency that is gone."""
    listed = (ROOT / "docs" / "dependencies.md").read_text().partition("## Vendored")[0]
    reasons = Counter(name for name, _ in REASON.findall(listed))
    assert reasons == Counter(DASHBOARD | DEV)


def test_every_term_of_a_question_is_documented() -> None:
    documented = (ROOT / "docs" / "asking.md").read_text()
    terms = [*(f"`{name}:" for name in NAMES), *(f"`{flag}`" for flag in FLAGS), "`kind:delete`"]
    terms += [f"`{kind}`" for kind in KINDS if kind != "delete"]
    assert [term for term in terms if term not in documented] == []
