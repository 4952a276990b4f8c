"""A replica with sessions that somebody else wrote, and in which it is known what got slower."""

from tests.replica.captured import Captured

FLOW = "44444444-0000-4000-8000-000000000001"
A_SIDE = 5
# In the new sessions “Pay” takes 1 s instead of 0.2 s, 0.6 s of which wait for an exchange, 0.2 s run in `total`.
ROWS = f"""
INSERT INTO user_flow VALUES ('{FLOW}', 'Pay a bill', NULL, '2026-01-01');
CREATE TEMPORARY TABLE run AS
    SELECT side, n, side || '-' || n AS id, timestamp '2026-03-01 10:00' + n * interval '1 h' AS start,
           CASE side WHEN 'new' THEN 800 ELSE 0 END + 7 * n AS more
    FROM unnest(ARRAY['base', 'new']) side, generate_series(1, {A_SIDE}) n;
INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time, end_time, device_model)
    SELECT id, '{FLOW}', 'Run ' || id, CASE n WHEN 1 THEN 'Failed' ELSE 'Passed' END, start,
           start + (1000 + more) * interval '1 ms', 'Phone ' || side FROM run;
INSERT INTO session_tags SELECT id, 'side', side FROM run;
INSERT INTO session_tags SELECT id, 'build', CASE side WHEN 'new' THEN '1.4.2' ELSE '1.4.1' END FROM run;
INSERT INTO session_labels (session_id, label_id, name, category, start_time, end_time)
    SELECT id, 'l1', 'Open', 'step', 0, 500 + n FROM run
    UNION ALL SELECT id, 'l2', 'Pay', 'step', 600, 800 + more FROM run
    UNION ALL SELECT id, 'l3', 'A moment', 'step', 900, 900 FROM run;
INSERT INTO performance_measurements SELECT id, 'Taps', '', NULL, n::text, n FROM run;
INSERT INTO capture_sessions (session_id, message_id, start_time, duration, url)
    SELECT id, 1, start + interval '10 ms', 30 + n, 'https://shop.test/bills/' || n FROM run
    UNION ALL
    SELECT id, 2, start + interval '610 ms', 50 + n + more * 3 / 4, 'https://shop.test/pay?token=' || n FROM run
    UNION ALL SELECT id, 3, start + interval '620 ms', NULL, 'https://shop.test/count' FROM run;
INSERT INTO session_timeseries SELECT id, 'memory', 'Memory', 's', 'MiB' FROM run;
INSERT INTO session_timeseries_data
    SELECT id, 'memory', x / 10.0, CASE side WHEN 'new' THEN 200 ELSE 100 END + n FROM run, generate_series(0, 9) x;
INSERT INTO function_call_metadata SELECT id, '1', 'Android', false, 0, 1000000 FROM run;
INSERT INTO function_call_method
    SELECT id, 1, CASE side WHEN 'new' THEN 7 ELSE 8 END, 'a.Bill.total', 'total', '', '', '', 'a' FROM run
    UNION ALL SELECT id, 1, 9, 'a.Bill.pay', 'pay', '', '', '', 'a' FROM run;
INSERT INTO function_call_site
    (session_id, process_id, thread_id, method_id, id, start_time_us, end_time_us, parent_call_id, depth)
    SELECT id, 1, 1, 9, 1, 600000, 670000 + more * 250, NULL, NULL FROM run
    UNION ALL SELECT id, 1, 1, CASE side WHEN 'new' THEN 7 ELSE 8 END, 2, 610000, 660000 + more * 250, 1, 1 FROM run;
"""
# Whatever may be NULL where somebody else fills a replica.
GAPS = """
INSERT INTO session_labels (session_id, label_id, label_type, name, category, start_time, end_time)
    VALUES ('new-1', 'x1', '', 'Pay', NULL, 'NaN', 5), ('new-1', 'x2', '', 'Pay', NULL, 3, 'Infinity');
INSERT INTO capture_sessions (session_id, message_id, start_time, end_time, url)
    VALUES ('new-1', 8, 'infinity', NULL, '/x'),
           ('new-2', 9, '2026-03-01 12:00:00.7', 'infinity', 'https://shop.test/late');
INSERT INTO session_timeseries_data VALUES ('new-1', 'memory', 0.7, 'NaN'), ('new-1', 'memory', 0.7, NULL);
INSERT INTO performance_measurements
    VALUES ('new-1', 'Odd', '', NULL, '', 'Infinity'), ('new-2', 'Odd', '', NULL, '', NULL);
INSERT INTO function_call_site VALUES ('new-1', 1, 1, 99, 5, 610000, 620000, NULL, 77, 1);
"""


def plant(replica: Captured) -> None:
    replica.execute(ROWS)
    replica.execute(GAPS)
