"""Writes the data source and the dashboards as files that Grafana provisions. No file holds a password."""

import json
from typing import Any

from replica.databases.credentials import Access
from replica.databases.grafana.panels import DASHBOARDS, Dashboard, Panel, Variable

PLUGIN = "grafana-postgresql-datasource"
FOLDER = "Statetrace"
VARIABLE = "STATETRACE_REPLICA_PASSWORD"  # of Grafana's environment
SESSION_PAGE = "/captured/${__data.fields.session_id}/"
PROVIDER = f"""\
# /etc/grafana/provisioning/dashboards/statetrace.yaml; put the dashboards into the folder that `path` names.
apiVersion: 1
providers:
  - name: {FOLDER}
    folder: {FOLDER}
    type: file
    options:
      path: /var/lib/grafana/dashboards/statetrace
"""


def files(access: Access, ssl_mode: str, number: int, site: str) -> dict[str, str]:
    """{name: text} of all files. number: the organisation's, for ids. site: our address, to which rows lead back."""
    source = f"statetrace-{number}"
    boards = {f"{one.slug}.json": _text(_dashboard(one, source, site)) for one in DASHBOARDS}
    return {"datasource.yaml": datasource(access, ssl_mode, source), "dashboards.yaml": PROVIDER, **boards}


def datasource(access: Access, ssl_mode: str, uid: str) -> str:
    """The data source. It takes fewer connections than there are, so that others get one, too."""
    url = access.host if access.is_local else f"{access.host}:{access.port}"
    most = max(1, access.limit - 2)
    return f"""\
# /etc/grafana/provisioning/datasources/statetrace.yaml; set {VARIABLE} in Grafana's environment.
apiVersion: 1
datasources:
  - name: {json.dumps(f"Statetrace {access.database}")}
    uid: {json.dumps(uid)}
    type: {PLUGIN}
    access: proxy
    url: {json.dumps(url)}
    user: {json.dumps(access.user)}
    jsonData:
      database: {json.dumps(access.database)}
      sslmode: {json.dumps(ssl_mode or "disable")}
      maxOpenConns: {most}
      maxIdleConns: 1
      maxIdleConnsAuto: false
      connMaxLifetime: 600
      postgresVersion: 1500
      timescaledb: false
    secureJsonData:
      password: ${VARIABLE}
"""


def _text(board: dict[str, Any]) -> str:
    return json.dumps(board, indent=2, ensure_ascii=False) + "\n"


def _dashboard(board: Dashboard, source: str, site: str) -> dict[str, Any]:
    by = {"type": PLUGIN, "uid": source}
    return {
        "uid": f"{source}-{board.slug}",
        "title": board.title,
        "tags": ["statetrace"],
        "editable": True,
        "schemaVersion": 39,
        "time": {"from": board.since, "to": "now"},
        "timezone": "browser",
        "links": [
            {"type": "dashboards", "title": FOLDER, "tags": ["statetrace"], "asDropdown": False, "includeVars": True}
        ],
        "templating": {"list": [_variable(one, by) for one in board.variables]},
        "panels": _placed(board.panels, by, source, site),
    }


def _variable(one: Variable, by: dict[str, str]) -> dict[str, Any]:
    several = {"multi": True, "includeAll": True, "current": {"text": ["All"], "value": ["$__all"]}}
    return {
        "name": one.name,
        "label": one.label,
        "type": "query",
        "datasource": by,
        "query": one.sql,
        "definition": one.sql,
        "refresh": 2,  # when the time range changes, too
        "sort": 0,
        **(several if one.several else {"multi": False, "includeAll": False}),
    }


def _placed(panels: tuple[Panel, ...], by: dict[str, str], source: str, site: str) -> list[dict[str, Any]]:
    """The panels below one another."""
    placed, y = [], 0
    for number, panel in enumerate(panels, 1):
        place = {"x": 0, "y": y, "w": panel.width, "h": panel.height}
        placed.append({"id": number, "gridPos": place, **_panel(panel, by, source, site)})
        y += panel.height
    return placed


def _panel(panel: Panel, by: dict[str, str], source: str, site: str) -> dict[str, Any]:
    points = {"drawStyle": "points", "pointSize": 6, "showPoints": "always"}
    custom = points if panel.kind == "timeseries" and panel.title != "Series" else {}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": by,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "custom": custom},
            "overrides": _overrides(panel, source, site),
        },
        "targets": [
            {
                "refId": "A",
                "datasource": by,
                "format": "time_series" if panel.kind == "timeseries" else "table",
                "editorMode": "code",
                "rawQuery": True,
                "rawSql": panel.sql,
            }
        ],
    }


def _overrides(panel: Panel, source: str, site: str) -> list[dict[str, Any]]:
    """The column with the session's id leads to its pages; those that are there for links alone are hidden."""
    if "AS session_id" not in panel.sql:
        return []
    links = [{"title": "Open in Statetrace", "url": f"{site}{SESSION_PAGE}", "targetBlank": True}] if site else []
    if "AS from_ms" in panel.sql:
        fields = "var-session=${__data.fields.session_id}&from=${__data.fields.from_ms}&to=${__data.fields.to_ms}"
        links.append({"title": "Its series", "url": f"/d/{source}-series?{fields}", "targetBlank": False})
    shown = {"matcher": {"id": "byName", "options": "session_id"}, "properties": [{"id": "links", "value": links}]}
    return [shown, *(_hidden(name) for name in ("from_ms", "to_ms") if f"AS {name}" in panel.sql)]


def _hidden(name: str) -> dict[str, Any]:
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": "custom.hidden", "value": True}],
    }
