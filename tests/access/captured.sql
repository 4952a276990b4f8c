-- One captured session of everything, for tests/access/holdings.py: ${WORD} stands in every text that a page shows,
-- and the ids that lie within a session (l1, 2, i1, p1, 7, 1, memory) are the same in every organisation.
INSERT INTO user_flow VALUES ('${FLOW}', '${WORD} flow', '${WORD}', '2026-01-01');
INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time, end_time) VALUES
    ('${SESSION}', '${FLOW}', '${WORD} run', 'Passed', '2026-03-01 10:00', '2026-03-01 10:00:10');
INSERT INTO session_tags VALUES
    ('${SESSION}', 'variant', '${WORD}'), ('${SESSION}', 'statetrace_session_id', 's-1'),
    ('${SESSION}', 'customer', '${WORD}'), ('${SESSION}', 'build', '1.4.2');
INSERT INTO performance_measurements VALUES ('${SESSION}', '${WORD} time', 'Custom', 'ms', '4321', 4321);
INSERT INTO session_labels (session_id, label_id, name, category, start_time, end_time, data) VALUES
    ('${SESSION}', 'l1', '${WORD} label', '${WORD}', 500, 2000, '{"text": "${WORD}"}');
INSERT INTO session_timeseries VALUES ('${SESSION}', 'memory', '${WORD} series', 'ms', 'MiB');
INSERT INTO session_timeseries_data SELECT '${SESSION}', 'memory', n, ${CALLS} + n FROM generate_series(0, 9) n;
INSERT INTO capture_issues VALUES
    ('${SESSION}', 'i1', 'p1', 2, 'Slow Downloads', 'root cause', '${WORD}', 0, 5100, 5900, '1', true);
INSERT INTO capture_sessions VALUES
    ('${SESSION}', 2, '2026-03-01 10:00:05', '2026-03-01 10:00:06', 800, NULL, NULL, 790, 10, 503, 'text/html', 9, 9,
     'https://example.test/${WORD}');
INSERT INTO function_call_metadata VALUES ('${SESSION}', '1', 'Android', true, 0, 1000000);
INSERT INTO function_call_process VALUES ('${SESSION}', 7, '${WORD} process', 0);
INSERT INTO function_call_thread VALUES ('${SESSION}', 7, 1, '${WORD} thread', 0, 0, 1000000);
INSERT INTO function_call_method VALUES
    ('${SESSION}', 7, 1, '${WORD}.run', '${WORD}.run', '', 'void', 'void ${WORD}.run()', '${WORD}');
INSERT INTO function_call_site
    SELECT '${SESSION}', 7, 1, 1, n, n * 1000, n * 1000 + 900, 400, NULL, NULL FROM generate_series(1, ${CALLS}) n;
-- Another one of the flow, whose calls are compared with those of the first.
INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time, end_time) VALUES
    (left('${SESSION}', 35) || '9', '${FLOW}', '${WORD} again', 'Passed', '2026-02-01 10:00', '2026-02-01 10:00:10');
INSERT INTO session_tags VALUES (left('${SESSION}', 35) || '9', 'statetrace_session_id', 's-1');
INSERT INTO function_call_metadata VALUES (left('${SESSION}', 35) || '9', '1', 'Android', true, 0, 1000000);
INSERT INTO function_call_method VALUES
    (left('${SESSION}', 35) || '9', 7, 1, '${WORD}.run', '${WORD}.run', '', 'void', 'void ${WORD}.run()', '${WORD}');
INSERT INTO function_call_site VALUES (left('${SESSION}', 35) || '9', 7, 1, 1, 1, 1000, 1900, 400, NULL, NULL);
