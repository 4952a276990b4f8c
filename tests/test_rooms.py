"""The rooms of docs/architecture.md: what each may import, held against what the code does import."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("rooms")  # so that one process parses all modules, not each
ROOT = Path(__file__).parent.parent
PACKAGES = ("statetrace_ui", "replica")
ROW = re.compile(r"^\| `([\w./]+)` \|.*\|([^|]*)\|$", re.MULTILINE)
# What a pure module leaves to others, directly and through what it imports.
IMPURE = {"django", "psycopg", "psycopg_pool", "adbc_driver_postgresql", "adbc_driver_manager", "procrastinate"}


@cache
def documented() -> dict[str, set[str]]:
    """Room → what it may import, from the tables of the architecture page: `web`, or `wal.records` for a part."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    return {room.replace("/", "."): set(re.findall(r"`([\w.]+)`", allowed)) for room, allowed in ROW.findall(text)}


def pure_modules() -> set[str]:
    """The modules that the page calls pure."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    [line] = re.findall(r"^Pure are (.*?)\.$", text, re.MULTILINE | re.DOTALL)
    names = {name.replace("/", ".") for name in re.findall(r"`([\w./]+)`", line)}
    return {module for module in files() if any(inside(module, name) for name in names)}


def inside(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


@cache
def files() -> dict[str, Path]:
    """Module → where it lies; migrations are left out."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]
    return {module_name(path): path for path in found}


@cache
def trees() -> dict[str, ast.Module]:
    """Module → its syntax tree."""
    return {module: ast.parse(path.read_text()) for module, path in files().items()}


@cache
def imports() -> dict[str, set[str]]:
    """Module → the full names of what it imports, ours and others'."""
    return {module: set(imported_names(statements(tree))) for module, tree in trees().items()}


@cache
def runtime_imports() -> dict[str, set[str]]:
    """The same without what is imported for type checking alone."""
    return {module: set(imported_names(statements(tree, is_for_types))) for module, tree in trees().items()}


def statements(tree: ast.AST, left_out: Callable[[ast.AST], bool] = lambda _: False) -> Iterator[ast.AST]:
    """All statements in it, at any depth; an expression holds none."""
    for part in ast.iter_child_nodes(tree):
        if isinstance(part, (ast.stmt, ast.excepthandler, ast.match_case)) and not left_out(part):
            yield part
            yield from statements(part, left_out)


def is_for_types(part: ast.AST) -> bool:
    return isinstance(part, ast.If) and ast.unparse(part.test) == "TYPE_CHECKING"


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_names(parts: Iterable[ast.AST]) -> list[str]:
    names: list[str] = []
    for node in parts:
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return names


@cache
def room_of(name: str) -> str | None:
    """The room that a module or a name in it belongs to; None for others' packages and for what is in no room."""
    return next((room for room in sorted(documented(), key=len, reverse=True) if inside(name, room)), None)


def short(name: str) -> str:
    return re.sub(r"^(statetrace_ui|replica)\.", "", name)


def foreign_imports(room: str) -> set[str]:
    """What the modules of a room import of other rooms."""
    names = {name for module, found in imports().items() if room_of(module) == room for name in found}
    return {name for name in names if room_of(name) not in (None, room)}


def test_every_module_has_a_room() -> None:
    assert {module for module in imports() if room_of(module) is None} <= set(PACKAGES)


@pytest.mark.parametrize("room", sorted(documented()))
def test_a_room_imports_what_its_row_allows(room: str) -> None:
    allowed = documented()[room]
    strays = {name for name in foreign_imports(room) if not any(inside(short(name), one) for one in allowed)}
    assert strays == set()


@pytest.mark.parametrize("room", sorted(documented()))
def test_no_row_allows_what_its_room_has_given_up(room: str) -> None:
    used = {short(name) for name in foreign_imports(room)}
    assert {one for one in documented()[room] if not any(inside(name, one) for name in used)} == set()


def test_rooms_form_no_circle() -> None:
    graph = {room: {room_of(name) for name in foreign_imports(room)} for room in documented()}
    assert set(TopologicalSorter(graph).static_order()) >= set(documented())


@pytest.mark.parametrize("module", sorted(pure_modules()))
def test_a_pure_module_reaches_neither_django_nor_a_database(module: str) -> None:
    assert {name.partition(".")[0] for name in reachable(module)} & IMPURE == set()


def reachable(module: str) -> set[str]:
    """All that a module imports, directly and through modules of ours."""
    seen: set[str] = set()
    todo = [module]
    while todo:
        for name in runtime_imports().get(todo.pop(), set()) - seen:
            seen.add(name)
            todo += [ours for ours in (name, name.rpartition(".")[0]) if ours in imports()]
    return seen


def test_changes_of_rows_are_made_in_one_place() -> None:
    """Rules for columns act there, before keys are taken: a change made elsewhere would pass them by."""
    makers = {path for path in (ROOT / "statetrace_ui").rglob("*.py") if "records.Change(" in path.read_text()}
    calls = re.compile(r"(?<![\w.])Change\(\s*(?:relation|self\._relation)")
    makers |= {path for path in (ROOT / "statetrace_ui" / "wal").rglob("*.py") if calls.search(path.read_text())}
    assert {module_name(path) for path in makers} == {"statetrace_ui.wal.records", "statetrace_ui.wal.lines"}


def test_no_page_of_a_captured_session_reaches_what_makes_databases() -> None:
    reached = {name for module in imports() if inside(module, "replica.views") for name in reachable(module)}
    assert "replica.databases.connections.alias_for" in reached
    assert {name for name in reached if inside(name, "replica.databases.provisioning")} == set()
