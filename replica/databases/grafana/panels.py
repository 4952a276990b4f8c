"""What the dashboards show: their panels with the SQL of each. Times are UTC, as Grafana takes them.

`${flow:sqlstring}` and the like are Grafana's variables, quoted by it; `$__timeFilter` and `$__interval_ms` its macros.
"""

from dataclasses import dataclass

SESSIONS = """
FROM session_metadata s JOIN user_flow f ON f.user_flow_id = s.user_flow_id
WHERE s.user_flow_id IN (${flow:sqlstring}) AND $__timeFilter(s.start_time)"""
LENGTH = "extract(epoch FROM s.end_time - s.start_time) * 1000"
# The stretch of a session in ms since 1970, with which the dashboard of series opens.
STRETCH = """
    floor(extract(epoch FROM s.start_time) * 1000)::bigint AS from_ms,
    ceil(extract(epoch FROM coalesce(s.end_time, s.start_time + interval '10 minutes')) * 1000)::bigint AS to_ms"""


@dataclass(frozen=True, slots=True)
class Panel:
    """kind: Grafana's type of panel. unit: Grafana's name of it. A table with `session_id` links to its pages."""

    title: str
    kind: str
    sql: str
    unit: str = ""
    width: int = 24
    height: int = 9
    description: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of a dashboard. several: more than one value, or all."""

    name: str
    label: str
    sql: str
    several: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    slug: str
    title: str
    since: str
    variables: tuple[Variable, ...]
    panels: tuple[Panel, ...]


FLOW = Variable(
    "flow",
    "User flow",
    "SELECT name AS __text, user_flow_id::text AS __value FROM user_flow ORDER BY name",
    several=True,
)
LABEL = Variable(
    "label",
    "Label",
    "SELECT DISTINCT l.name FROM session_labels l JOIN session_metadata s USING (session_id)"
    " WHERE s.user_flow_id IN (${flow:sqlstring}) ORDER BY l.name LIMIT 500",
    several=True,
)
SESSION = Variable(
    "session",
    "Session",
    "SELECT coalesce(name, session_id::text) AS __text, session_id::text AS __value FROM session_metadata"
    " WHERE user_flow_id IN (${flow:sqlstring}) ORDER BY start_time DESC LIMIT 200",
)
SERIES = Variable(
    "series",
    "Series",
    "SELECT timeseries_name AS __text, timeseries_key AS __value FROM session_timeseries"
    " WHERE session_id = ${session:sqlstring} ORDER BY timeseries_name",
    several=True,
)

FLOWS = Dashboard(
    "flows",
    "User flows",
    "now-30d",
    (FLOW,),
    (
        Panel(
            "User flows",
            "table",
            f"""SELECT f.name AS "User flow", count(*) AS "Sessions",
    count(*) FILTER (WHERE s.status = 'Passed') AS "Passed",
    count(*) FILTER (WHERE s.status = 'Failed') AS "Failed",
    count(*) FILTER (WHERE s.status = 'Excluded') AS "Excluded",
    percentile_cont(0.5) WITHIN GROUP (ORDER BY {LENGTH}) FILTER (WHERE s.status <> 'Excluded') AS "Median length (ms)",
    max(s.start_time) AS "Last session"{SESSIONS}
GROUP BY f.name ORDER BY f.name""",
        ),
        Panel(
            "Length of sessions",
            "timeseries",
            f"""SELECT s.start_time AS time, f.name AS metric, {LENGTH} AS value{SESSIONS}
    AND s.end_time IS NOT NULL AND s.status <> 'Excluded'
ORDER BY s.start_time LIMIT 10000""",
            unit="ms",
            description="One point for each session; excluded ones are left out.",
        ),
        Panel(
            "Sessions a day",
            "timeseries",
            f"""SELECT date_trunc('day', s.start_time) AS time, s.status::text AS metric, count(*) AS value{SESSIONS}
GROUP BY 1, 2 ORDER BY 1""",
        ),
    ),
)
SESSIONS_BOARD = Dashboard(
    "sessions",
    "Sessions",
    "now-30d",
    (FLOW,),
    (
        Panel(
            "Sessions",
            "table",
            f"""SELECT s.start_time AS "Start", f.name AS "User flow", s.name AS "Session", s.status::text AS "Status",
    {LENGTH} AS "Length (ms)", s.device_model AS "Device", s.session_id::text AS session_id,{STRETCH}{SESSIONS}
ORDER BY s.start_time DESC LIMIT 500""",
            height=14,
            description="The newest 500. A row leads to the session's page and to its series.",
        ),
        Panel(
            "Measurements",
            "timeseries",
            """SELECT s.start_time AS time, m.key_name AS metric, m.float_value AS value
FROM performance_measurements m JOIN session_metadata s USING (session_id)
WHERE s.user_flow_id IN (${flow:sqlstring}) AND $__timeFilter(s.start_time)
    AND m.float_value IS NOT NULL AND s.status <> 'Excluded'
ORDER BY s.start_time LIMIT 20000""",
        ),
    ),
)
LABELS = Dashboard(
    "labels",
    "Labels",
    "now-30d",
    (FLOW, LABEL),
    (
        Panel(
            "How long labels take",
            "timeseries",
            """SELECT s.start_time AS time, l.name AS metric, l.end_time - l.start_time AS value
FROM session_labels l JOIN session_metadata s USING (session_id)
WHERE s.user_flow_id IN (${flow:sqlstring}) AND l.name IN (${label:sqlstring}) AND $__timeFilter(s.start_time)
    AND s.status <> 'Excluded'
ORDER BY s.start_time LIMIT 20000""",
            unit="ms",
        ),
        Panel(
            "Labels by their slowest tenth",
            "table",
            """SELECT l.name AS "Label", count(*) AS "Times",
    percentile_cont(0.5) WITHIN GROUP (ORDER BY l.end_time - l.start_time) AS "Median (ms)",
    percentile_cont(0.9) WITHIN GROUP (ORDER BY l.end_time - l.start_time) AS "90 % (ms)",
    max(l.end_time - l.start_time) AS "Longest (ms)"
FROM session_labels l JOIN session_metadata s USING (session_id)
WHERE s.user_flow_id IN (${flow:sqlstring}) AND l.name IN (${label:sqlstring}) AND $__timeFilter(s.start_time)
    AND s.status <> 'Excluded'
GROUP BY l.name ORDER BY 4 DESC""",
        ),
        Panel(
            "Slowest of all",
            "table",
            """SELECT l.name AS "Label", l.end_time - l.start_time AS "Took (ms)", s.start_time AS "Session began",
    s.name AS "Session", s.session_id::text AS session_id
FROM session_labels l JOIN session_metadata s USING (session_id)
WHERE s.user_flow_id IN (${flow:sqlstring}) AND l.name IN (${label:sqlstring}) AND $__timeFilter(s.start_time)
ORDER BY 2 DESC LIMIT 100""",
        ),
    ),
)
SERIES_BOARD = Dashboard(
    "series",
    "Series of a session",
    "now-30d",
    (FLOW, SESSION, SERIES),
    (
        Panel(
            "Series",
            "timeseries",
            """SELECT
    s.start_time + floor(d.x_value / $__interval_ms) * $__interval_ms * interval '1 millisecond' AS time,
    d.timeseries_key AS metric, max(d.y_value) AS value
FROM session_timeseries_data d JOIN session_metadata s USING (session_id)
WHERE d.session_id = ${session:sqlstring} AND d.timeseries_key IN (${series:sqlstring})
GROUP BY 1, 2 ORDER BY 1""",
            height=14,
            description="The largest value of each interval. The table below links to the session's time range.",
        ),
        Panel(
            "Open with the session's time range",
            "table",
            'SELECT s.name AS "Session", s.start_time AS "Start", s.session_id::text AS session_id,'
            + STRETCH
            + "\nFROM session_metadata s WHERE s.session_id = ${session:sqlstring}",
            height=5,
        ),
        Panel(
            "Statistics by group of labels",
            "table",
            """SELECT t.timeseries_key AS "Series", t.metric AS "Statistic", t.value AS "Value", r.y_units AS "Unit",
    t.time_intervals_ms AS "Stretches (ms)"
FROM session_timeseries_data_stats t
LEFT JOIN session_timeseries r USING (session_id, timeseries_key)
WHERE t.session_id = ${session:sqlstring} AND t.timeseries_key IN (${series:sqlstring})
ORDER BY 1, 2 LIMIT 500""",
        ),
    ),
)
ISSUES = Dashboard(
    "issues",
    "Issues",
    "now-30d",
    (FLOW,),
    (
        Panel(
            "Impact by category",
            "table",
            """SELECT i.category AS "Category", i."group" AS "Group", count(DISTINCT i.session_id) AS "Sessions",
    count(*) FILTER (WHERE NOT i.reference) AS "Impacts", sum(i.impact_time) AS "Impact (ms)"
FROM capture_issues i JOIN session_metadata s USING (session_id)
WHERE s.user_flow_id IN (${flow:sqlstring}) AND $__timeFilter(s.start_time)
GROUP BY 1, 2 ORDER BY 5 DESC NULLS LAST""",
        ),
        Panel(
            "Impact by session",
            "timeseries",
            """SELECT s.start_time AS time, i.category AS metric, sum(i.impact_time) AS value
FROM capture_issues i JOIN session_metadata s USING (session_id)
WHERE s.user_flow_id IN (${flow:sqlstring}) AND $__timeFilter(s.start_time)
GROUP BY s.session_id, s.start_time, i.category ORDER BY s.start_time LIMIT 20000""",
            unit="ms",
        ),
        Panel(
            "Largest impacts",
            "table",
            """SELECT i.category AS "Category", i.impact_time AS "Impact (ms)", i.name AS "Host", x.url AS "Request",
    s.name AS "Session", s.session_id::text AS session_id
FROM capture_issues i JOIN session_metadata s USING (session_id)
LEFT JOIN capture_sessions x ON x.session_id = i.session_id AND x.message_id = i.message_id
WHERE s.user_flow_id IN (${flow:sqlstring}) AND $__timeFilter(s.start_time) AND NOT i.reference
ORDER BY i.impact_time DESC NULLS LAST LIMIT 100""",
        ),
    ),
)
DASHBOARDS = (FLOWS, SESSIONS_BOARD, LABELS, SERIES_BOARD, ISSUES)
