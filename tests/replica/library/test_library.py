"""The document's twenty queries on a replica that tells right answers from wrong ones, and their pages."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from replica.library import definitions
from replica.library.definitions import CHARTS, library
from replica.library.limits import PAGE
from replica.library.runner import Result, run
from statetrace_ui.web.models import Organisation
from tests.replica.captured import BARE, EMPTY_FLOW, EXCLUDED, FLOW, FULL, HOSTILE, Captured
from tests.statetrace_ui.history.unpacked import unpacked


@pytest.fixture
def replica(own_replica: Captured) -> Captured:
    """Two sessions of one flow whose processes, threads and calls have the same ids: 1 calls 2, which calls 3."""
    own_replica.execute(
        "TRUNCATE function_call_site, function_call_method, function_call_process, function_call_thread"
    )
    for session in (FULL, BARE):
        own_replica.execute("INSERT INTO function_call_process VALUES (%s, 1, 'web', 0)", session)
        for thread in (1, 2):
            own_replica.execute(
                "INSERT INTO function_call_thread VALUES (%s, 1, %s, 'main', 0, 0, 90)", session, thread
            )
            for call, parent in ((1, None), (2, 1), (3, 2)):
                own_replica.execute(
                    "INSERT INTO function_call_site VALUES (%s, 1, %s, %s, %s, %s, %s, 60000, %s, %s)",
                    *(session, thread, call, call, call * 10, 100 - call * 10, parent, call - 1 or None),
                )
        for method in (1, 2, 3):
            own_replica.execute(
                "INSERT INTO function_call_method VALUES (%s, 1, %s, %s, %s, '', '', %s, 'app')",
                *(session, method, f"raw{method}", f"m{method}", f"void m{method}()"),
            )
    return own_replica


def answer(organisation: Organisation, name: str, **values: Any) -> Result:
    statement = library()[name].statement({"flow": FLOW, "sessions": 10, **values})
    return run(organisation.replica, statement, PAGE, with_stand_ins=True)


def column(result: Result, name: str) -> list[str | None]:
    number = [one.name for one in result.columns].index(name)
    return [row[number] for row in result.rows]


CALL = {"session": FULL, "process_id": 1, "thread_id": 1}


def test_there_are_twenty_each_with_a_title_and_a_reason() -> None:
    assert len(library()) == 20
    assert len({one.title for one in library().values()}) == 20
    assert all(one.title and one.changed.endswith(".") for one in library().values())


def test_every_parameter_of_a_query_is_known() -> None:
    named = {name for one in library().values() for name in re.findall(r"%\((\w+)\)s", one.text)}
    assert named == {"flow", *definitions.PARAMETERS}


def test_leaves_are_those_of_each_thread(replica: Captured, organisation: Organisation) -> None:
    found = answer(organisation, "leaves", session=FULL)
    assert [row[:3] for row in found.rows] == [("1", "1", "3"), ("1", "2", "3")]


def test_a_call_leads_to_calls_of_its_own_thread(replica: Captured, organisation: Organisation) -> None:
    found = answer(organisation, "call_tree", **CALL, call=1)
    assert column(found, "method_path") == [
        "void m1()",
        "void m1() > void m2()",
        "void m1() > void m2() > void m3()",
    ]


def test_the_chain_of_a_call_has_each_call_once(replica: Captured, organisation: Organisation) -> None:
    assert column(answer(organisation, "call_chain", **CALL, call=3), "id") == ["3", "2", "1"]


def test_children_are_those_of_the_thread(replica: Captured, organisation: Organisation) -> None:
    assert column(answer(organisation, "children", **CALL, call=1), "id") == ["2"]


def test_roots_say_where_they_are(replica: Captured, organisation: Organisation) -> None:
    assert [row[:3] for row in answer(organisation, "roots", session=FULL).rows] == [("1", "1", "1"), ("1", "2", "1")]


def test_methods_are_found_by_signature_and_raw_name(replica: Captured, organisation: Organisation) -> None:
    for text in ("void m2", "raw2"):
        found = answer(organisation, "method_time", session=FULL, text=text)
        assert found.rows == [("void m2()", "1", "2", "120")]


def test_cpu_time_is_asked_in_ms(replica: Captured, organisation: Organisation) -> None:
    assert len(answer(organisation, "cpu_calls", session=FULL, process="web", ms=50).rows) == 6
    assert answer(organisation, "cpu_calls", session=FULL, process="web", ms=60).rows == []


def test_depth_by_session(replica: Captured, organisation: Organisation) -> None:
    assert sorted(answer(organisation, "deepest").rows) == [(FULL, "2", "6"), (BARE, "2", "6")]


def test_statistics_take_the_labels_of_their_own_session(replica: Captured, organisation: Organisation) -> None:
    for session in (FULL, BARE):
        replica.execute("INSERT INTO session_timeseries VALUES (%s, 'q', 'Quality', 'ms', NULL)", session)
        replica.execute("INSERT INTO session_timeseries_data_stats VALUES (%s, 'g', 'q', 'mean', 4, NULL)", session)
        replica.execute(
            "INSERT INTO session_labels (session_id, label_id, name, start_time, end_time, label_group_id)"
            " VALUES (%s, 'grouped', %s, 0, 1, 'g')",
            *(session, session),
        )
    found = answer(organisation, "statistics", series="Quality")
    assert column(found, "session_id") == column(found, "name")
    assert len(found.rows) == 2


def test_the_largest_issue_is_no_reference(replica: Captured, organisation: Organisation) -> None:
    replica.execute("TRUNCATE capture_issues")
    for issue, impact, reference in (("a", 0, True), ("b", 30, False), ("c", 40, False)):
        replica.execute(
            "INSERT INTO capture_issues VALUES (%s, %s, 'p', NULL, 'Slow', NULL, %s, %s, 0, 1, '1', %s)",
            *(FULL, issue, issue, impact, reference),
        )
    assert answer(organisation, "issues").rows == [(FULL, "Slow", "c", "40")]


def test_a_limit_counts_sessions_and_not_tags(replica: Captured, organisation: Organisation) -> None:
    replica.execute("TRUNCATE session_tags")
    for number in range(30):
        replica.execute("INSERT INTO session_tags VALUES (%s, 'n', %s)", FULL, str(number))
    replica.execute("INSERT INTO session_tags VALUES (%s, 'n', 'x')", EXCLUDED)
    found = answer(organisation, "tags", sessions=100)
    assert {FULL, EXCLUDED} <= set(column(found, "session_id"))
    assert len(found.rows) == 31


@pytest.mark.parametrize("name", library())
def test_every_query_has_a_page_that_answers_without_being_asked_more(
    name: str, captured_replica: Captured, reader_client: Client
) -> None:
    page = reader_client.get(reverse("replica:query", args=[FLOW, name]))
    assert page.status_code == 200
    assert page.context["result"].columns
    assert library()[name].title in page.content.decode()


@pytest.mark.parametrize("name", library())
def test_every_query_answers_for_a_flow_without_sessions(
    name: str, captured_replica: Captured, reader_client: Client
) -> None:
    page = reader_client.get(reverse("replica:query", args=[EMPTY_FLOW, name]))
    assert page.status_code == 200
    assert page.context["result"].rows == []


@pytest.mark.parametrize(
    "value", ["'; DROP TABLE user_flow; --", f"{HOSTILE}x", "\\' OR true --", "$1", "%s", "☃", "(" * 9]
)
def test_a_parameter_stays_a_value(value: str, captured_replica: Captured, reader_client: Client) -> None:
    page = reader_client.get(reverse("replica:query", args=[FLOW, "label_average"]), {"label": value})
    assert page.status_code == 200
    assert page.context["result"].rows == []
    assert HOSTILE not in page.content.decode()


def test_a_parameter_that_is_not_understood_is_named(captured_replica: Captured, reader_client: Client) -> None:
    page = reader_client.get(reverse("replica:query", args=[FLOW, "tags"]), {"sessions": "many"})
    assert page.status_code == 400
    assert "Enter a whole number." in page.content.decode()


def test_a_query_that_there_is_not(captured_replica: Captured, reader_client: Client) -> None:
    assert reader_client.get(reverse("replica:query", args=[FLOW, "nothing"])).status_code == 404


@pytest.mark.parametrize("name", CHARTS)
def test_columns_of_charts_are_columns_of_the_answer(name: str, replica: Captured, organisation: Organisation) -> None:
    values = {**CALL, "call": 1, "text": "m", "ms": 1, "seconds": 0}
    texts = dict.fromkeys(("measurement", "label", "series", "process"), "web")
    found = answer(organisation, name, **values, **texts)
    columns = [one for one in found.columns if one.name in CHARTS[name]]
    assert [one.name for one in columns] == list(CHARTS[name])
    assert columns[1].is_number


def test_a_query_is_drawn_where_a_chart_says_something(replica: Captured, reader_client: Client) -> None:
    deepest = reader_client.get(reverse("replica:query", args=[FLOW, "deepest"]))
    assert deepest.context["chart"]["data"][0]["type"] == "bar"
    assert 'id="rows-chart"' in deepest.content.decode()
    assert reader_client.get(reverse("replica:query", args=[FLOW, "roots"])).context["chart"] is None


def test_the_csv_has_the_rows_and_says_what_it_is(captured_replica: Captured, analyst_client: Client) -> None:
    found = unpacked(analyst_client.get(reverse("replica:query_csv", args=[FLOW, "sessions"])))
    lines = found.data.decode().lstrip("\ufeff").splitlines()
    assert lines[0] == "session_id,name,status,start_time,end_time"
    assert any(line.startswith(FULL) for line in lines)
    assert found.about["filters"]["query"] == "Sessions of the flow"


def test_the_csv_runs_no_formula(replica: Captured, analyst_client: Client) -> None:
    replica.execute("UPDATE session_metadata SET name = '=1+1' WHERE session_id = %s", FULL)
    found = unpacked(analyst_client.get(reverse("replica:query_csv", args=[FLOW, "sessions"])))
    assert f"{FULL},'=1+1," in found.data.decode()
