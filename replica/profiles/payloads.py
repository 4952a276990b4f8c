"""What the flame graph's addresses answer as JSON: tables by column, which are shorter than lists of objects. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from replica.profiles.blocks import Method
from replica.profiles.call_tree import Tree
from replica.profiles.origins import foreign_methods
from statetrace_ui.web.timeline import colour_of


@dataclass(frozen=True, slots=True)
class MethodTable:
    """Methods by number: `names`, and in `package` positions in `packages`; `colours` are the packages'.

    `hues` are colours of the methods themselves; `foreign` is 1 for code of the browser or system.
    """

    names: list[str]
    packages: list[str]
    package: list[int]
    colours: list[int]
    hues: list[int]
    foreign: list[int]


@dataclass(frozen=True, slots=True)
class TreeColumns:
    """A merged tree: in `nodes`, a list for each of its columns, parents before children."""

    total: int
    calls: int
    nodes: dict[str, list[int]]


def method_table(methods: Sequence[Method]) -> MethodTable:
    packages = sorted({method.package for method in methods})
    number = {package: place for place, package in enumerate(packages)}
    return MethodTable(
        names=[method.name for method in methods],
        packages=packages,
        package=[number[method.package] for method in methods],
        colours=[colour_of(package) for package in packages],
        hues=[colour_of(method.name) for method in methods],
        foreign=[int(foreign) for foreign in foreign_methods(methods)],
    )


def tree_columns(tree: Tree) -> TreeColumns:
    """A tree of one profile."""
    shape = {name: getattr(tree, name).tolist() for name in ("parent", "method", "depth")}
    sums = {name: getattr(tree, name)[0].tolist() for name in ("total", "own", "calls")}
    return TreeColumns(int(tree.whole[0]), int(tree.whole_calls[0]), shape | sums)
