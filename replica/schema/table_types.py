"""The replica document's table types, and the table of each."""

TABLE_TYPES = {
    "USER_FLOW_METADATA": "user_flow",
    "PERF_MEASUREMENTS": "performance_measurements",
    "SESSION_METADATA": "session_metadata",
    "SESSION_TAGS": "session_tags",
    "SESSION_LABELS": "session_labels",
    "SESSION_TIMESERIES": "session_timeseries",
    "SESSION_TIMESERIES_DATA": "session_timeseries_data",
    "SESSION_TIMESERIES_DATA_STATS": "session_timeseries_data_stats",
    "SESSIONS": "capture_sessions",
    "ISSUES": "capture_issues",
    "FUNCTION_CALL_METADATA": "function_call_metadata",
    "FUNCTION_CALL_PROCESS": "function_call_process",
    "FUNCTION_CALL_METHOD": "function_call_method",
    "FUNCTION_CALL_THREAD": "function_call_thread",
    "FUNCTION_CALL_SITE": "function_call_site",
}
# Without these nothing says which sessions a replica holds.
ALWAYS = ("USER_FLOW_METADATA", "SESSION_METADATA")
CHOOSABLE = [one for one in TABLE_TYPES if one not in ALWAYS]
