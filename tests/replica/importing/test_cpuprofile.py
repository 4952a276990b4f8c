import json
from pathlib import Path
from typing import Any

import pytest

from replica.importing.bundle import Bundle, ImportFailed, Profile
from replica.importing.formats.cpuprofile import read_cpuprofile
from replica.importing.validate import validate
from tests.replica.importing.samples import NODES, cpuprofile, node

SAMPLE = Path(__file__).parents[4] / "shared/samples/sucrase.cpuprofile"


def profile(content: bytes) -> Profile:
    (bundle,) = read_cpuprofile(json.loads(content))
    found = validate(bundle).profile
    assert found
    return found


def calls(content: bytes) -> list[tuple[str | None, int, int, int]]:
    """(name, start, end, depth)"""
    found = profile(content)
    names = {method.id: method.name for method in found.methods}
    columns = (found.calls.method_id, found.calls.start_us, found.calls.end_us, found.calls.depth)
    return [
        (names[method], start, end, depth)
        for method, start, end, depth in zip(*(column.tolist() for column in columns), strict=True)
    ]


def test_a_frame_that_neighbouring_samples_share_is_one_call() -> None:
    assert calls(cpuprofile(samples=[5, 6, 6, 7], deltas=[10, 10, 10, 10], end=1_000_050)) == [
        ("main", 10, 50, 0),
        ("parse", 20, 40, 1),
        ("draw", 40, 50, 1),
    ]


def test_idle_time_is_no_call_and_garbage_collection_lies_on_top_of_what_it_interrupts() -> None:
    assert calls(cpuprofile(samples=[5, 6, 3, 6, 2, 7], deltas=[10] * 6, end=1_000_080)) == [
        ("main", 10, 50, 0),
        ("parse", 20, 50, 1),
        ("(garbage collector)", 30, 40, 2),
        ("main", 60, 80, 0),
        ("draw", 60, 80, 1),
    ]


def test_v8s_own_work_after_idling_is_a_call_of_its_own() -> None:
    assert calls(cpuprofile(samples=[5, 2, 4], deltas=[10] * 3, end=1_000_040)) == [
        ("main", 10, 20, 0),
        ("(program)", 30, 40, 0),
    ]


def test_samples_are_put_in_order_of_time_where_a_delta_is_negative() -> None:
    assert calls(cpuprofile(samples=[5, 6, 5, 7], deltas=[10, 30, -20, 30], end=1_000_060)) == [
        ("main", 10, 60, 0),
        ("parse", 40, 50, 1),
        ("draw", 50, 60, 1),
    ]


def test_a_first_sample_before_the_start_moves_the_origin() -> None:
    assert calls(cpuprofile(samples=[5], deltas=[-10], end=1_000_010)) == [("main", 0, 20, 0)]


def test_nodes_may_name_their_parents_instead_of_their_children() -> None:
    parents = {2: 1, 3: 1, 4: 1, 5: 1, 6: 5, 7: 5}
    nodes = [
        {key: value for key, value in one.items() if key != "children"}
        | ({"parent": parents[one["id"]]} if one["id"] in parents else {})
        for one in NODES
    ]
    assert calls(cpuprofile(nodes=nodes)) == calls(cpuprofile())


def test_methods_are_places_in_the_source_counted_from_1_and_there_is_no_cpu_time() -> None:
    found = profile(cpuprofile())
    method = next(method for method in found.methods if method.name == "parse")
    assert method.signature == "parse (https://shop.example/app.js:10:5)"
    assert method.package_name == "https://shop.example/app.js"
    assert not found.has_cpu_time
    assert set(found.calls.cpu_us.tolist()) == {-1}
    assert (found.platform, found.end_us) == ("V8", 80)


def test_a_function_without_a_name_is_anonymous() -> None:
    nodes = [node(1, "(root)", [2]), node(2, "")]
    assert calls(cpuprofile([2], [0], nodes, end=1_000_005)) == [("(anonymous)", 0, 5, 0)]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"samples": [99] * 6}, "does not have the stack of any sample: node 99"),
        ({"samples": [5, 5]}, "2 samples but 6 time deltas"),
        ({"timeDeltas": ["x"] * 6}, "a time delta should be a number, but is “x”"),
        ({"timeDeltas": [1e300] * 6}, "too large"),
        ({"startTime": None}, "startTime should be a number, but is missing"),
        ({"endTime": 5}, "ends before it starts"),
        ({"nodes": {}}, "nodes should be a list, but is an object"),
        ({"nodes": [1]}, "a node should be an object"),
        ({"nodes": [{"id": 1}]}, "callFrame"),
    ],
)
def test_says_what_is_wrong(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ImportFailed, match=problem):
        profile(json.dumps(json.loads(cpuprofile()) | changes).encode())


def read(content: bytes) -> Bundle:
    (bundle,) = read_cpuprofile(json.loads(content))
    return validate(bundle)


def test_samples_whose_node_is_missing_are_left_out_and_counted() -> None:
    content = cpuprofile(samples=[5, 99, 6, 99], deltas=[10] * 4, end=1_000_050)
    assert read(content).left_out == ("2 of 4 samples, whose stacks the file does not have",)
    assert calls(content) == [("main", 10, 50, 0), ("parse", 30, 50, 1)]


def test_a_stack_whose_outer_calls_are_missing_begins_where_it_is_known() -> None:
    nodes = [node(1, "(root)", [2]), node(2, "main"), node(9, "draw") | {"parent": 8}, node(10, "clip") | {"parent": 9}]
    content = cpuprofile(samples=[2, 10], deltas=[10] * 2, nodes=nodes, end=1_000_030)
    assert read(content).left_out == ("the outer calls of 1 stack, which the file does not have",)
    assert calls(content) == [("main", 10, 20, 0), ("draw", 20, 30, 0), ("clip", 20, 30, 1)]


def test_the_address_of_a_script_loses_its_secrets() -> None:
    frame = node(2, "main")
    frame["callFrame"]["url"] = "https://ann:hunter2@shop.example/app.js?token=hunter2"
    (method,) = [one for one in profile(cpuprofile([2], [0], [node(1, "(root)", [2]), frame])).methods if one.id == 1]
    assert method.package_name == "https://shop.example/app.js?token=***"
    assert "hunter2" not in repr(method)


def test_refuses_more_calls_than_are_imported() -> None:
    first = [node(number, "f", [number + 1]) for number in range(1, 900)] + [node(900, "f")]
    second = [node(number, "g", [number + 1]) for number in range(1001, 1900)] + [node(1900, "g")]
    count = 5600
    with pytest.raises(ImportFailed, match="more than 5,000,000 calls"):
        profile(cpuprofile([900, 1900] * (count // 2), [1] * count, first + second, end=1_010_000))


def test_refuses_a_tree_that_is_a_circle() -> None:
    nodes = [node(1, "a", [2]), node(2, "b", [1])]
    with pytest.raises(ImportFailed, match="no way up to the root"):
        profile(cpuprofile([2], [0], nodes))


def test_refuses_stacks_that_are_made_to_fill_the_memory() -> None:
    nodes = [node(number, "f", [number + 1]) for number in range(1, 1200)] + [node(1200, "f")]
    with pytest.raises(ImportFailed, match="deeper than 1,000 calls"):
        profile(cpuprofile([1200], [0], nodes))


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample files are not here")
def test_reads_a_real_profile() -> None:
    found = profile(SAMPLE.read_bytes())
    # Were garbage collection not put on top of what it interrupts, every stack would be cut: 260,719 calls.
    assert len(found.calls) == 205_289
    assert found.calls.depth.max() == 106  # 107 calls deep
    assert found.end_us == 22_012_290
