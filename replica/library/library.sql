-- The twenty queries of the Replica DB document, as they run on PostgreSQL and answer what is asked. replica/library/definitions.py
-- reads them: a query begins with `-- name --`, then its title, and after `*` why it differs from the document.

-- sessions --
-- Sessions of the flow
-- * Asks by the flow's id, since a name may change; the newest come first.
SELECT sm.session_id, sm.name, sm.status, sm.start_time, sm.end_time
FROM session_metadata AS sm
WHERE sm.user_flow_id = %(flow)s
ORDER BY sm.start_time DESC, sm.session_id

-- measurement --
-- A measurement in the newest sessions
-- * The newest sessions are chosen first: a measurement of several types would have counted several times.
SELECT pm.session_id, newest.start_time, pm.key_name, pm.key_type, pm.key_units, pm.str_value, pm.float_value
FROM (
    SELECT session_id, start_time FROM session_metadata
    WHERE user_flow_id = %(flow)s
    ORDER BY start_time DESC, session_id
    LIMIT %(sessions)s
) AS newest
JOIN performance_measurements AS pm ON pm.session_id = newest.session_id
WHERE pm.key_name = %(measurement)s
ORDER BY newest.start_time DESC, pm.session_id, pm.key_type

-- tags --
-- Tags of the newest sessions
-- * The document's LIMIT counts tags. Here it counts sessions, as its text says.
SELECT st.session_id, st.tag_key, st.tag_value
FROM session_tags AS st
JOIN (
    SELECT session_id, start_time FROM session_metadata
    WHERE user_flow_id = %(flow)s
    ORDER BY start_time DESC, session_id
    LIMIT %(sessions)s
) AS newest ON newest.session_id = st.session_id
ORDER BY newest.start_time DESC, st.session_id, st.tag_key, st.tag_value

-- label_average --
-- How long a label took on average, by session
-- * Without DISTINCT: PostgreSQL refuses SELECT DISTINCT with an ORDER BY that is not selected, and ids are unique anyway.
SELECT sl.session_id, count(*) AS labels, avg(sl.end_time - sl.start_time) AS avg_duration
FROM session_labels AS sl
WHERE sl.session_id IN (
    SELECT session_id FROM session_metadata
    WHERE user_flow_id = %(flow)s
    ORDER BY start_time DESC, session_id
    LIMIT %(sessions)s
) AND sl.name = %(label)s
GROUP BY sl.session_id
ORDER BY avg_duration

-- series --
-- The points of a time series in the newest sessions
-- * Without DISTINCT: PostgreSQL refuses it with an ORDER BY that is not selected. Ordered by the point's own columns.
SELECT sd.session_id, sd.x_value, sd.y_value, st.x_units, st.y_units
FROM session_timeseries_data AS sd
JOIN session_timeseries AS st ON sd.session_id = st.session_id AND sd.timeseries_key = st.timeseries_key
WHERE sd.session_id IN (
    SELECT session_id FROM session_metadata
    WHERE user_flow_id = %(flow)s
    ORDER BY start_time DESC, session_id
    LIMIT %(sessions)s
) AND st.timeseries_name = %(series)s
ORDER BY sd.session_id, sd.x_value

-- statistics --
-- Statistics of a time series by label group
-- * Joins labels by session, too: an id of a group may stand in several sessions, and each would get the others' labels.
SELECT sm.session_id, stds.label_group_id, stds.metric, stds.value, sl.name, sl.start_time, sl.end_time
FROM session_metadata AS sm
JOIN session_timeseries_data_stats AS stds ON sm.session_id = stds.session_id
JOIN session_timeseries AS st ON st.session_id = stds.session_id AND st.timeseries_key = stds.timeseries_key
JOIN session_labels AS sl ON sl.session_id = stds.session_id AND sl.label_group_id = stds.label_group_id
WHERE sm.user_flow_id = %(flow)s AND st.timeseries_name = %(series)s
ORDER BY sm.start_time DESC, sm.session_id, stds.label_group_id, stds.metric, sl.start_time

-- issues --
-- The issue with the largest impact in each session
-- * References are left out: they have no impact. Where a session has only those, it has no issue.
SELECT ci.session_id, ci.category, ci.name, ci.impact_time
FROM capture_issues AS ci
WHERE (ci.session_id, ci.impact_time) IN (
    SELECT issues.session_id, max(issues.impact_time)
    FROM capture_issues AS issues
    WHERE NOT issues.reference AND issues.session_id IN (
        SELECT session_id FROM session_metadata
        WHERE user_flow_id = %(flow)s
        ORDER BY start_time DESC, session_id
        LIMIT %(sessions)s
    )
    GROUP BY issues.session_id
) AND NOT ci.reference
ORDER BY ci.impact_time DESC, ci.session_id, ci.category

-- longest_request --
-- The longest request of each session
-- * Without DISTINCT: PostgreSQL refuses it with an ORDER BY that is not selected, and ids are unique anyway.
SELECT cs.session_id, cs.message_id, cs.duration, cs.status, cs.url
FROM capture_sessions AS cs
WHERE (cs.session_id, cs.duration) IN (
    SELECT network.session_id, max(network.duration) AS max_duration
    FROM capture_sessions AS network
    WHERE network.session_id IN (
        SELECT session_id FROM session_metadata
        WHERE user_flow_id = %(flow)s
        ORDER BY start_time DESC, session_id
        LIMIT %(sessions)s
    )
    GROUP BY network.session_id
)
ORDER BY cs.duration DESC, cs.session_id, cs.message_id

-- measurements --
-- Which measurements the flow has
-- * As in the document, in order.
SELECT DISTINCT pm.key_type, pm.key_name, pm.key_units
FROM performance_measurements AS pm
JOIN session_metadata AS sm ON pm.session_id = sm.session_id
WHERE sm.user_flow_id = %(flow)s
ORDER BY pm.key_type, pm.key_name

-- long_profiles --
-- Profiles longer than so many seconds
-- * Of this flow. The document's 80 s are a parameter.
SELECT fm.session_id, fm.platform, fm.has_cpu_time, (fm.end_time_us - fm.start_time_us) / 1000000.0 AS seconds
FROM function_call_metadata AS fm
JOIN session_metadata AS sm ON sm.session_id = fm.session_id
WHERE sm.user_flow_id = %(flow)s AND fm.end_time_us - fm.start_time_us > %(seconds)s * 1000000.0
ORDER BY seconds DESC, fm.session_id

-- cpu_calls --
-- Calls of a process with much CPU time
-- * Names the method. A profile without CPU times (V8) has no such call: has_cpu_time of its metadata says so.
SELECT p.name AS process, c.thread_id, c.id, m.name AS method, c.cpu_time_us, c.end_time_us - c.start_time_us AS wall_time_us
FROM function_call_site AS c
JOIN function_call_process AS p ON c.session_id = p.session_id AND c.process_id = p.id
LEFT JOIN function_call_method AS m
    ON c.session_id = m.session_id AND c.process_id = m.process_id AND c.method_id = m.id
WHERE c.session_id = %(session)s AND p.name = %(process)s AND c.cpu_time_us > %(ms)s * 1000
ORDER BY c.cpu_time_us DESC, c.thread_id, c.id

-- deepest --
-- How deep calls go, by session
-- * Of this flow. Roots have no depth, so a session with nothing but roots has depth 0.
SELECT c.session_id, coalesce(max(c.depth), 0) AS max_depth, count(*) AS calls
FROM function_call_site AS c
JOIN session_metadata AS sm ON sm.session_id = c.session_id
WHERE sm.user_flow_id = %(flow)s
GROUP BY c.session_id
ORDER BY max_depth DESC, c.session_id

-- thread_names --
-- Names of threads, by session
-- * Of this flow.
SELECT t.session_id, t.name, count(*) AS threads
FROM function_call_thread AS t
JOIN session_metadata AS sm ON sm.session_id = t.session_id
WHERE sm.user_flow_id = %(flow)s
GROUP BY t.session_id, t.name
ORDER BY t.name, t.session_id

-- thread_time --
-- How long each thread lived
-- * As in the document; the longest comes first.
SELECT p.id AS process_id, p.name AS process, t.id AS thread_id, t.name AS thread,
       t.end_time_us - t.start_time_us AS thread_time_us
FROM function_call_thread AS t
JOIN function_call_process AS p ON t.session_id = p.session_id AND t.process_id = p.id
WHERE t.session_id = %(session)s
ORDER BY thread_time_us DESC NULLS LAST, p.id, t.id

-- method_time --
-- Time in calls of methods whose signature contains a text
-- * Searches the signature, as the document's text says, and the raw name, as its SQL does. Of nested calls the outer ones hold the time of
-- * the inner ones, so sums may count it twice.
SELECT coalesce(m.signature, m.raw_name) AS signature, m.process_id, count(*) AS calls,
       sum(c.end_time_us - c.start_time_us) AS wall_time_us
FROM function_call_site AS c
JOIN function_call_method AS m
    ON c.session_id = m.session_id AND c.process_id = m.process_id AND c.method_id = m.id
WHERE c.session_id = %(session)s
    AND (strpos(m.signature, %(text)s) > 0 OR strpos(m.raw_name, %(text)s) > 0)
GROUP BY coalesce(m.signature, m.raw_name), m.process_id
ORDER BY wall_time_us DESC, signature, m.process_id

-- roots --
-- Root calls
-- * With process and thread: an id alone may be that of several calls.
SELECT process_id, thread_id, id, start_time_us, end_time_us - start_time_us AS wall_time_us
FROM function_call_site
WHERE session_id = %(session)s AND parent_call_id IS NULL
ORDER BY wall_time_us DESC, process_id, thread_id, id

-- children --
-- Calls that a call makes itself
-- * In its process and thread: the document asks by the id alone, and gets calls of other threads.
SELECT c.id, m.name AS method, c.start_time_us, c.end_time_us - c.start_time_us AS wall_time_us, c.depth
FROM function_call_site AS c
LEFT JOIN function_call_method AS m
    ON c.session_id = m.session_id AND c.process_id = m.process_id AND c.method_id = m.id
WHERE c.session_id = %(session)s AND c.process_id = %(process_id)s AND c.thread_id = %(thread_id)s
    AND c.parent_call_id = %(call)s
ORDER BY c.start_time_us, c.id

-- leaves --
-- Calls that call nothing
-- * Compares session, process and thread, too. By the id alone, a call counted as calling whatever any thread of any session has below
-- * that number: of the demo's 1,076 leaves 7 were found.
SELECT c1.process_id, c1.thread_id, c1.id, m.name AS method, c1.end_time_us - c1.start_time_us AS wall_time_us
FROM function_call_site AS c1
LEFT JOIN function_call_method AS m
    ON c1.session_id = m.session_id AND c1.process_id = m.process_id AND c1.method_id = m.id
WHERE c1.session_id = %(session)s AND NOT EXISTS (
    SELECT FROM function_call_site AS c2
    WHERE c2.session_id = c1.session_id AND c2.process_id = c1.process_id AND c2.thread_id = c1.thread_id
        AND c2.parent_call_id = c1.id
)
ORDER BY wall_time_us DESC, c1.process_id, c1.thread_id, c1.id

-- call_tree --
-- All that a call leads to, with the path of methods
-- * The path is text: PostgreSQL refuses a recursive column whose type changes. Joins by process and thread, since ids repeat.
WITH RECURSIVE call_tree AS (
    SELECT c.id, c.start_time_us, c.end_time_us, coalesce(m.signature, m.raw_name)::text AS method_path, 0 AS level
    FROM function_call_site AS c
    JOIN function_call_method AS m
        ON c.session_id = m.session_id AND c.process_id = m.process_id AND c.method_id = m.id
    WHERE c.session_id = %(session)s AND c.process_id = %(process_id)s AND c.thread_id = %(thread_id)s
        AND c.id = %(call)s
  UNION ALL
    SELECT c.id, c.start_time_us, c.end_time_us, ct.method_path || ' > ' || coalesce(m.signature, m.raw_name), ct.level + 1
    FROM call_tree AS ct
    JOIN function_call_site AS c ON c.parent_call_id = ct.id
    JOIN function_call_method AS m
        ON c.session_id = m.session_id AND c.process_id = m.process_id AND c.method_id = m.id
    WHERE c.session_id = %(session)s AND c.process_id = %(process_id)s AND c.thread_id = %(thread_id)s
)
SELECT level, id, start_time_us, end_time_us - start_time_us AS wall_time_us, method_path
FROM call_tree
ORDER BY start_time_us, level, id

-- call_chain --
-- The calls that led to a call, up to its root
-- * Joins by process and thread: a root whose id repeats in another thread came twice.
WITH RECURSIVE call_chain AS (
    SELECT c.id, c.start_time_us, c.end_time_us, c.parent_call_id, c.method_id, 0 AS above
    FROM function_call_site AS c
    WHERE c.session_id = %(session)s AND c.process_id = %(process_id)s AND c.thread_id = %(thread_id)s
        AND c.id = %(call)s
  UNION ALL
    SELECT c.id, c.start_time_us, c.end_time_us, c.parent_call_id, c.method_id, cc.above + 1
    FROM call_chain AS cc
    JOIN function_call_site AS c ON c.id = cc.parent_call_id
    WHERE c.session_id = %(session)s AND c.process_id = %(process_id)s AND c.thread_id = %(thread_id)s
)
SELECT cc.above, cc.id, m.name AS method, cc.start_time_us, cc.end_time_us - cc.start_time_us AS wall_time_us
FROM call_chain AS cc
LEFT JOIN function_call_method AS m
    ON m.session_id = %(session)s AND m.process_id = %(process_id)s AND m.id = cc.method_id
ORDER BY cc.above
