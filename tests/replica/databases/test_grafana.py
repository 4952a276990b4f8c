"""What Grafana is given: SQL that answers as the reader, links that lead to our pages, and no secret."""

import json
import re
from typing import Any

import psycopg
import pytest
import yaml
from django.test import Client
from django.urls import reverse

from replica.databases import credentials
from replica.databases.grafana.files import PLUGIN, SESSION_PAGE, files
from replica.databases.grafana.panels import DASHBOARDS, Panel, Variable
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from statetrace_ui.web.models import Organisation
from tests.replica.captured import FLOW, FULL, fill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store", "clean_server")]
QUERIES = [(board.slug, one) for board in DASHBOARDS for one in (*board.variables, *board.panels)]
SITE = "https://statetrace.example.com"


@pytest.fixture
def replica(organisation: Organisation, clean_server: None, store: str) -> Replica:
    replica = ensure_replica(organisation)
    fill(replica.owner_url)
    with psycopg.connect(replica.owner_url) as owner:
        owner.execute(
            "INSERT INTO session_timeseries_data_stats"
            " SELECT session_id, 'g', timeseries_key, 'mean', 1.5, '[[0, 1]]' FROM session_timeseries"
        )
    return replica


def expanded(statement: str, values: dict[str, list[str]]) -> str:
    """The statement as Grafana sends it: variables quoted by `sqlstring`, macros replaced."""
    for name, several in values.items():
        quoted = ",".join("'" + one.replace("'", "''") + "'" for one in several)
        statement = statement.replace(f"${{{name}:sqlstring}}", quoted)
    period = r"\1 BETWEEN '2000-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'"
    statement = re.sub(r"\$__timeFilter\(([\w.]+)\)", period, statement).replace("$__interval_ms", "100")
    assert "$" not in statement
    return statement


def chosen(reader: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """All labels and series of the session that holds everything, and a name that would end a string."""
    labels = [name for (name,) in reader.execute("SELECT DISTINCT name FROM session_labels").fetchall()]
    series = [key for (key,) in reader.execute("SELECT timeseries_key FROM session_timeseries").fetchall()]
    return {"flow": [FLOW, "it's"], "session": [FULL], "label": [*labels, "it's"], "series": series}


@pytest.mark.parametrize(("slug", "one"), QUERIES, ids=lambda one: one if isinstance(one, str) else one.sql[:40])
def test_its_sql_answers(slug: str, one: Panel | Variable, replica: Replica) -> None:
    with psycopg.connect(replica.reader_url) as reader:
        cursor = reader.execute(expanded(one.sql, chosen(reader)).encode())
        rows, columns = cursor.fetchall(), [column.name for column in cursor.description or []]
    assert rows
    if isinstance(one, Panel) and one.kind == "timeseries":
        assert columns == ["time", "metric", "value"]
        assert slug != "series" or len({row[:2] for row in rows}) == len(rows)  # one value an interval
    if "AS session_id" in one.sql:
        assert all(not row[columns.index("session_id")].endswith(" ") for row in rows)


def test_the_files_are_whole_and_hold_no_password(replica: Replica) -> None:
    access = credentials.reveal(replica)
    made = files(access, "verify-full", 7, SITE)
    source = yaml.safe_load(made.pop("datasource.yaml"))["datasources"][0]
    assert (source["type"], source["uid"], source["user"]) == (PLUGIN, "statetrace-7", access.user)
    assert source["secureJsonData"] == {"password": "$STATETRACE_REPLICA_PASSWORD"}
    assert source["jsonData"]["maxOpenConns"] == 3
    assert yaml.safe_load(made.pop("dashboards.yaml"))["providers"][0]["type"] == "file"
    boards = {name: json.loads(text) for name, text in made.items()}
    assert sorted(boards) == [f"{name}.json" for name in ("flows", "issues", "labels", "series", "sessions")]
    for board in boards.values():
        sources = {one["datasource"]["uid"] for one in [*board["panels"], *board["templating"]["list"]]}
        assert sources == {"statetrace-7"}
    assert access.password not in str(files(access, "", 7, SITE))


def test_rows_lead_back_to_our_pages(replica: Replica) -> None:
    place = "${__data.fields.session_id}"
    assert SESSION_PAGE.replace(place, "x") == reverse("replica:session", args=["x"])
    made = files(credentials.access(replica), "", 7, SITE)
    for name in ("sessions", "labels", "series", "issues"):
        assert f"{SITE}/captured/{place}/" in made[f"{name}.json"]
    assert "/captured/" not in files(credentials.access(replica), "", 7, "")["sessions.json"]


def test_analysts_download_them(
    replica: Replica, analyst_client: Client, reader_client: Client, stranger_client: Client
) -> None:
    address = reverse("databases:grafana", args=["sessions.json"])
    answer = analyst_client.get(address)
    assert answer["Content-Disposition"] == 'attachment; filename="sessions.json"'
    assert json.loads(answer.content)["title"] == "Sessions"
    assert analyst_client.get(reverse("databases:grafana", args=["..%2Fsecrets"])).status_code == 404
    assert reader_client.get(address).status_code == 403
    assert stranger_client.get(address).status_code == 403
