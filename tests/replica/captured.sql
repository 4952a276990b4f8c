-- What tests/replica/captured.py writes; names after a dollar sign are its constants.
INSERT INTO user_flow VALUES
    ('${FLOW}', 'Buy a lamp', 'From the list to the receipt', '2026-01-01'),
    ('${EMPTY_FLOW}', 'Never walked', NULL, '2026-01-01');
INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time, end_time, device_id, device_model,
                              device_os_version, hostname, host_city) VALUES
    ('${FULL}', '${FLOW}', 'Run 1', 'Passed', '2026-03-01 10:00', '2026-03-01 10:00:10', 'R58N', 'Galaxy', '14', 'lab-1', 'Köln'),
    ('${EXCLUDED}', '${FLOW}', 'Run 3', 'Excluded', '2026-03-03 10:00', '2026-03-03 10:01:40', NULL, NULL, NULL, NULL, NULL);
INSERT INTO session_metadata (session_id, user_flow_id, status, start_time) VALUES
    ('${BARE}', '${FLOW}', 'Failed', '2026-03-02 10:00');
INSERT INTO session_metadata (session_id, user_flow_id, name, description, status, start_time, end_time) VALUES
    ('${HOSTILE_SESSION}', '${FLOW}', '${HOSTILE}', '${HOSTILE}', 'Passed', '2026-02-27 10:00', '2026-02-27 10:00:05');
INSERT INTO session_tags VALUES ('${FULL}', 'variant', 'fast'), ('${FULL}', 'geo', 'Köln'), ('${FULL}', 'geo', 'Bonn'),
    ('${HOSTILE_SESSION}', 'evil', '${HOSTILE}');
INSERT INTO performance_measurements VALUES
    ('${FULL}', 'Time to receipt', 'Custom', 'ms', '4321', 4321), ('${FULL}', 'Verdict', 'Custom', NULL, 'smooth', NULL),
    ('${EXCLUDED}', 'Time to receipt', 'Custom', 'ms', '9999', 9999);
INSERT INTO session_labels (session_id, label_id, label_type, name, category, start_time, end_time, data) VALUES
    ('${FULL}', 'l1', 'user', 'Open the list', 'step', 500, 2000, '{"url": "/lamps", "n": [1, 2]}'),
    ('${FULL}', 'l2', 'user', 'Pay', 'step', 5000, 8250.5, 'not json'),
    ('${FULL}', 'l3', 'page-load-request', 'Receipt shown', NULL, 9000, 9000, NULL),
    ('${EXCLUDED}', 'l1', 'user', 'Pay', 'step', 0, 90000, NULL),
    ('${BARE}', 'l1', 'user', 'Pay', 'step', 100, 4100, NULL),
    ('${HOSTILE_SESSION}', 'l1', 'user', '${HOSTILE}', '${HOSTILE}', 0, 1000, '${HOSTILE}'),
    ('${HOSTILE_SESSION}', 'l2', 'user', '${LONG}', '$LONG', 1000, 2000, NULL);
INSERT INTO session_timeseries VALUES
    ('${FULL}', 'memory_used', 'Memory used', 'ms', 'MiB'), ('${FULL}', 'net_cpu', 'CPU', 's', 'percent'),
    ('${FULL}', 'empty', 'Empty', NULL, NULL), ('${FULL}', 'heap', 'JS heap', 'ms', 'MiB'),
    ('${HOSTILE_SESSION}', 'k ${HOSTILE}', '${HOSTILE}', 'ms', '${HOSTILE}');
INSERT INTO session_timeseries_data
    SELECT '${FULL}', 'memory_used', n, CASE WHEN n = 4321 THEN 900 ELSE 100 + sin(n / 700.0) * 20 END FROM generate_series(0, 9999) n;
INSERT INTO session_timeseries_data
    SELECT '${FULL}', 'net_cpu', n / 10.0, CASE WHEN n BETWEEN 40 AND 50 THEN NULL ELSE n % 30 END FROM generate_series(0, 100) n;
INSERT INTO session_timeseries_data VALUES ('${FULL}', 'heap', 0, 10), ('${FULL}', 'heap', 300, 12), ('${FULL}', 'heap', 7000, 30),
    ('${FULL}', 'heap', 7001, 'NaN'), ('${FULL}', 'heap', 9000, 31),
    ('${HOSTILE_SESSION}', 'k ${HOSTILE}', 0, 1), ('${HOSTILE_SESSION}', 'k ${HOSTILE}', 5000, 2);
INSERT INTO capture_issues VALUES
    ('${FULL}', 'i1', 'p1', NULL, 'Low Frame Rate', 'user experience', NULL, 800, 5200, 6000, '1', false),
    ('${FULL}', 'i2', 'p1', 2, 'Slow Downloads', 'root cause', 'api.shop.test', 0, 5100, 5900, '1', true);
INSERT INTO capture_sessions VALUES
    ('${FULL}', 1, '2026-03-01 10:00:00.600', '2026-03-01 10:00:00.950', 350, 20, 40, 200, 60, 200, 'text/html; charset=utf-8', 500, 14200, 'https://shop.test/lamps?page=2'),
    ('${FULL}', 2, '2026-03-01 10:00:05.100', '2026-03-01 10:00:05.900', 800, NULL, NULL, 790, 10, 503, 'application/json', 900, 120, 'https://api.shop.test/pay'),
    ('${FULL}', 3, '2026-03-01 10:00:05.200', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'https://api.shop.test/track'),
    ('${HOSTILE_SESSION}', 1, '2026-02-27 10:00:01', '2026-02-27 10:00:02', 1000, NULL, NULL, NULL, NULL, 200, '${HOSTILE}', 1, 1, 'https://[evil${HOSTILE}'),
    ('${HOSTILE_SESSION}', 2, '2026-02-27 10:00:01', '2026-02-27 10:00:02', 1000, NULL, NULL, NULL, NULL, 200, NULL, 1, 1, 'javascript:${HOSTILE}${LONG}');
INSERT INTO function_call_metadata VALUES ('${FULL}', '1', 'Android', true, 0, 9000000);
INSERT INTO function_call_process VALUES ('${FULL}', 7, NULL, 0);
INSERT INTO function_call_thread VALUES ('${FULL}', 7, 1, 'main', 0, 0, 9000000), ('${FULL}', 7, 2, NULL, 0, 0, 9000000);
INSERT INTO function_call_method VALUES ('${FULL}', 7, 1, 'a.b.C.run', 'run', '', 'void', 'void a.b.C.run()', 'a.b');
INSERT INTO function_call_site
    SELECT '${FULL}', 7, 1, 1, n, n * 1000, n * 1000 + 900, 400, NULL, NULL FROM generate_series(0, 5999) n;
INSERT INTO function_call_site VALUES ('${FULL}', 7, 2, 1, 0, 1000000, 4000000, NULL, NULL, NULL),
    ('${FULL}', 7, 2, 1, 1, 1500000, 2000000, NULL, 0, 1);
