"""Every test can fail: it asserts, or calls something that does."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
Function = ast.FunctionDef | ast.AsyncFunctionDef
# Helpers say by their names that they assert.
ASSERTING_NAMES = ("assert_", "expect_")
# Others that fail: of pytest, of Playwright, and what waits no longer than its deadline.
ASSERTING_CALLS = {"raises", "expect", "wait_for_function", "wait_until"}


def test_every_test_asserts() -> None:
    silent = [
        f"{path.relative_to(TESTS)}:{test.lineno} {test.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for test in functions_of(ast.parse(path.read_text()))
        if not asserts(test)
    ]
    assert silent == []


def test_a_test_that_only_runs_code_is_noticed() -> None:
    lines = ["def test_a():", "    page.open()", "def test_b():", "    assert_open(page)", "def test_c():", "    pass"]
    assert [test.name for test in functions_of(ast.parse("\n".join(lines))) if not asserts(test)] == [
        "test_a",
        "test_c",
    ]


def functions_of(module: ast.Module) -> Iterator[Function]:
    for node in ast.walk(module):
        if isinstance(node, Function) and node.name.startswith("test_"):
            yield node


def asserts(test: Function) -> bool:
    return any(isinstance(node, ast.Assert) or called(node) for node in ast.walk(test))


def called(node: ast.AST) -> bool:
    """Whether the node calls something that asserts."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in ASSERTING_CALLS or name.startswith(ASSERTING_NAMES)
