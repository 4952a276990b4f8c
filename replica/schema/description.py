"""What the replica's fifteen tables and their columns mean: one description for pages, comments, API and docs.

Names, types and units follow the Replica DB document. Tests hold this against `sql/schema.sql` and the models. Texts of
SQL types are written short: `varchar(36)`, `timestamp`; `columns.short_type` makes them of what a server says.
"""

from replica.schema.columns import Column, Table

MS, US, BYTES, UTC, DEGREES = "ms", "µs", "bytes", "UTC", "°"
LEGACY = "PERF_TASK"  # the document's type of the table that each user flow may have of its own


def _key(name: str, meaning: str, type_: str = "char(36)") -> Column:
    return Column(name, type_, meaning, required=True)


SESSION_ID = _key("session_id", "The session that the row belongs to.")
PROCESS_ID = _key("process_id", "The process.", "bigint")

TABLES = (
    Table(
        "user_flow",
        "USER_FLOW_METADATA",
        "The user flows: what a session walks through.",
        ("user_flow_id",),
        (
            _key("user_flow_id", "The user flow."),
            Column("name", "varchar(255)", "Its name, as pages show it.", required=True),
            Column("description", "varchar(65535)", "Its description, as pages show it."),
            Column("created_ts", "timestamp", "When it was created.", UTC, required=True),
        ),
    ),
    Table(
        "session_metadata",
        "SESSION_METADATA",
        "The sessions: one row for each, with its device, host, status and times.",
        ("session_id",),
        (
            _key("session_id", "The session."),
            _key("user_flow_id", "The user flow that it walked through."),
            Column("hostname", "varchar(255)", "The host to which the device was connected."),
            Column("host_country", "varchar(255)", "The country of the host."),
            Column("host_city", "varchar(255)", "The city of the host."),
            Column("host_lat", "double precision", "The latitude of the host.", DEGREES),
            Column("host_lng", "double precision", "The longitude of the host.", DEGREES),
            Column("device_id", "char(50)", "The device; device_id@hostname is its address."),
            Column("device_model", "varchar(255)", "The model, as the device reports it; for browsers their name."),
            Column("device_sku", "varchar(255)", "The SKU of the device."),
            Column("device_carrier", "varchar(255)", "The carriers of its SIM cards, with commas between them."),
            Column("device_os_version", "varchar(20)", "The version of the device's operating system."),
            Column("host_os", "varchar(255)", "The operating system of the host; for browsers that of their device."),
            Column("host_os_version", "varchar(255)", "The version of that operating system."),
            Column("session_link", "varchar(255)", "The address of the session's page."),
            Column("name", "varchar(255)", "A name that somebody gave the session."),
            Column("description", "varchar(65535)", "A description that somebody gave the session."),
            Column(
                "status",
                "char(10)",
                "Passed or Failed: the outcome of the functional test. Excluded: the measuring itself went wrong.",
                required=True,
            ),
            Column("start_time", "timestamp", "When the session was asked to start.", UTC, required=True),
            Column("end_time", "timestamp", "When the session was asked to end.", UTC),
        ),
    ),
    Table(
        "performance_measurements",
        "PERF_MEASUREMENTS",
        "Figures that sum up a session, each by its name.",
        ("session_id", "key_name", "key_type"),
        (
            SESSION_ID,
            Column("key_name", "varchar(128)", "The name of the measurement.", required=True),
            Column("key_type", "varchar(128)", "The type of the measurement.", required=True),
            Column("key_units", "varchar(128)", "The unit of its values."),
            Column("str_value", "varchar(512)", "The value as text; every measurement has one.", required=True),
            Column("float_value", "double precision", "The value as a number, in key_units; NULL if it is none."),
        ),
    ),
    Table(
        "session_tags",
        "SESSION_TAGS",
        "Pairs of key and value that are attached to sessions. A key may repeat with other values.",
        ("session_id", "tag_key", "tag_value"),
        (
            SESSION_ID,
            Column("tag_key", "varchar(64)", "The key, usually a descriptive name.", required=True),
            Column("tag_value", "varchar(128)", "The value.", required=True),
        ),
    ),
    Table(
        "session_labels",
        "SESSION_LABELS",
        "Named stretches of sessions, such as a step of the user flow.",
        ("session_id", "label_id"),
        (
            SESSION_ID,
            _key("label_id", "The label."),
            Column("label_type", "varchar(256)", "What the label is for; “user” unless set.", required=True),
            Column("name", "varchar(1024)", "The name of what happened.", required=True),
            Column("category", "varchar(1024)", "Groups labels that mean similar things."),
            Column("start_time", "double precision", "Since the session's start.", MS, required=True),
            Column("end_time", "double precision", "Since the session's start; may equal start_time.", MS, True),
            Column("data", "varchar(65535)", "What was attached to the label, often JSON."),
            Column("label_group_id", "char(36)", "The group that the label belongs to."),
            Column("video_box", "varchar(65535)", "Boxes in the video, as JSON: [[x0, y0, x1, y1], …]."),
        ),
    ),
    Table(
        "session_timeseries",
        "SESSION_TIMESERIES",
        "The time series that sessions have; their points are in session_timeseries_data.",
        ("session_id", "timeseries_key"),
        (
            SESSION_ID,
            Column("timeseries_key", "varchar(512)", "The series' name for programs.", required=True),
            Column("timeseries_name", "varchar(512)", "The series' name for people.", required=True),
            Column("x_units", "varchar(512)", "The unit of its x values, usually ms since the session's start."),
            Column("y_units", "varchar(512)", "The unit of its y values."),
        ),
    ),
    Table(
        "session_timeseries_data",
        "SESSION_TIMESERIES_DATA",
        "The points of time series. Usually the largest table: ask for one session and one series, or a range of x.",
        (),
        (
            SESSION_ID,
            Column("timeseries_key", "varchar(512)", "The series.", required=True),
            Column(
                "x_value",
                "double precision",
                "In the series' x_units, usually ms since the session's start.",
                required=True,
            ),
            Column("y_value", "double precision", "In the series' y_units; NULL where nothing was measured."),
        ),
    ),
    Table(
        "session_timeseries_data_stats",
        "SESSION_TIMESERIES_DATA_STATS",
        "Statistics of time series over the stretches of a group of labels.",
        ("session_id", "label_group_id", "timeseries_key", "metric"),
        (
            SESSION_ID,
            _key("label_group_id", "The group of labels over which it was computed."),
            Column("timeseries_key", "varchar(512)", "The series of which it was computed.", required=True),
            Column("metric", "varchar(512)", "The name of the statistic, e.g. mean.", required=True),
            Column("value", "double precision", "Its value, in the series' y_units."),
            Column("time_intervals_ms", "varchar(65535)", "The stretches, in order and without overlap, as JSON.", MS),
        ),
    ),
    Table(
        "capture_issues",
        "ISSUES",
        "Issues that analyses found in sessions: one row for each impact of an issue.",
        ("session_id", "category", "issue_id", "impact_id"),
        (
            SESSION_ID,
            _key("issue_id", "The issue, unique in (session_id, category)."),
            _key("impact_id", "The impact, unique in (session_id, category, issue_id)."),
            Column("message_id", "bigint", "The exchange in capture_sessions; NULL without network traffic."),
            Column("category", "varchar(255)", "The name of the kind of issue.", required=True),
            Column("group", "varchar(16)", "Which of the four groups of issues. Quote the name in SQL."),
            Column("name", "varchar(65535)", "The host name of the server; NULL without network traffic."),
            Column("impact_time", "double precision", "How long the session was affected; 0 for a reference.", MS),
            Column("start_time_ms", "bigint", "Start of the impact since the session's start.", MS, True),
            Column("end_time_ms", "bigint", "End of the impact since the session's start.", MS, True),
            Column("version", "varchar(16)", "The version of the analysis that found it."),
            Column("reference", "boolean", "True: the first of a chain of events, and no harm itself.", required=True),
        ),
    ),
    Table(
        "capture_sessions",
        "SESSIONS",
        "Network traffic: one row for each request with its answer.",
        ("session_id", "message_id"),
        (
            SESSION_ID,
            _key("message_id", "The exchange, unique in its session.", "bigint"),
            Column("start_time", "timestamp", "When the request started.", UTC, required=True),
            Column("end_time", "timestamp", "When the answer ended.", UTC),
            Column("duration", "bigint", "From the request's start to the answer's end.", MS),
            Column("tcp_connect", "bigint", "Time for the TCP handshake.", MS),
            Column("tls_handshake", "bigint", "Time for the TLS handshake.", MS),
            Column("wait", "bigint", "Time until the first byte of the answer.", MS),
            Column("receive", "bigint", "Time for the rest of the answer.", MS),
            Column("status", "bigint", "The HTTP status of the answer."),
            Column("content_type", "varchar(512)", "The type of content in the answer's header."),
            Column("request_size", "bigint", "The size of the request.", BYTES),
            Column("response_size", "bigint", "The size of the answer.", BYTES),
            Column("url", "varchar(65535)", "The URL of the request.", required=True),
        ),
    ),
    Table(
        "function_call_metadata",
        "FUNCTION_CALL_METADATA",
        "How the function calls of a session were captured.",
        ("session_id",),
        (
            SESSION_ID,
            Column("version", "varchar(32)", "The version of the schema."),
            Column("platform", "varchar(32)", "The platform of the device."),
            Column("has_cpu_time", "boolean", "Whether calls have a CPU time.", required=True),
            Column("start_time_us", "bigint", "Start of the profile since the session's start.", US, True),
            Column("end_time_us", "bigint", "End of the profile since the session's start.", US, True),
        ),
    ),
    Table(
        "function_call_process",
        "FUNCTION_CALL_PROCESS",
        "The processes whose calls were captured.",
        ("session_id", "id"),
        (
            SESSION_ID,
            _key("id", "The process, unique in its session.", "bigint"),
            Column("name", "varchar(512)", "The name of the process."),
            Column("start_time_us", "bigint", "Its start since the session's start.", US),
        ),
    ),
    Table(
        "function_call_method",
        "FUNCTION_CALL_METHOD",
        "The methods that were called.",
        ("session_id", "process_id", "id"),
        (
            SESSION_ID,
            PROCESS_ID,
            _key("id", "The method, unique in (session_id, process_id).", "bigint"),
            Column("raw_name", "varchar(512)", "The method's signature as it was captured."),
            Column("name", "varchar(256)", "The name of the function, for people."),
            Column("args", "varchar(256)", "The types of its arguments, for people."),
            Column("return", "varchar(256)", "The type that it returns, for people. Quote the name in SQL."),
            Column("signature", "varchar(65535)", "The whole signature, for people."),
            Column("package_name", "varchar(512)", "The package of the method."),
        ),
    ),
    Table(
        "function_call_thread",
        "FUNCTION_CALL_THREAD",
        "The threads in which calls were made.",
        ("session_id", "process_id", "id"),
        (
            SESSION_ID,
            PROCESS_ID,
            _key("id", "The thread, unique in (session_id, process_id).", "bigint"),
            Column("name", "varchar(512)", "The name of the thread."),
            Column("flag", "bigint", "Flags; 1 is a system thread.", required=True),
            Column("start_time_us", "bigint", "Its start since the session's start.", US),
            Column("end_time_us", "bigint", "Its end since the session's start.", US),
        ),
    ),
    Table(
        "function_call_site",
        "FUNCTION_CALL_SITE",
        "The calls. Join methods on (session_id, process_id, method_id), parents also on thread_id.",
        ("session_id", "process_id", "thread_id", "id"),
        (
            SESSION_ID,
            PROCESS_ID,
            _key("thread_id", "The thread.", "bigint"),
            _key("method_id", "The method that was called.", "bigint"),
            _key("id", "The call, unique in (session_id, process_id, thread_id).", "bigint"),
            Column("start_time_us", "bigint", "Start by the clock since the session's start.", US, True),
            Column("end_time_us", "bigint", "End by the clock since the session's start.", US, True),
            Column("cpu_time_us", "bigint", "CPU time that the call took.", US),
            Column("parent_call_id", "bigint", "The call that made it, in the same thread; NULL for roots."),
            Column("depth", "bigint", "NULL for roots, 1 for what they call, and so on."),
        ),
    ),
)
BY_NAME = {table.name: table for table in TABLES}
