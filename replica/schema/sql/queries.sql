-- SQL that the ORM cannot say, by name; replica/schema/named_queries.py reads it. A query begins with `-- name --` and says what it is for.
-- All of it works on any database with the replica's tables, whoever filled it: no other table or index is counted on.

-- flows --
-- A page of user flows, last used first, with their sessions counted by status: at most %(limit)s after the one of %(rank)s and
-- %(flow)s. total: of all. The median duration leaves Excluded sessions out. Sessions are read as a whole, not flow by flow:
-- there may be no index that leads to those of a flow.
SELECT page.user_flow_id, page.name, page.description, page.last_at, page.rank, page.total,
       count(s.session_id) AS sessions,
       count(*) FILTER (WHERE s.status = 'Passed') AS passed,
       count(*) FILTER (WHERE s.status = 'Failed') AS failed,
       count(*) FILTER (WHERE s.status = 'Excluded') AS excluded,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY 1000 * extract(epoch FROM s.end_time - s.start_time)::float8)
           FILTER (WHERE s.status <> 'Excluded' AND s.start_time BETWEEN '0002-01-01' AND '9998-01-01' AND isfinite(s.end_time)) AS median_ms
FROM (
    SELECT * FROM (
        SELECT f.user_flow_id, coalesce(f.name, f.user_flow_id::text, '') AS name, f.description, newest.last_at,
               coalesce(-extract(epoch FROM newest.last_at)::float8, 1e12) AS rank, coalesce(f.user_flow_id::text, '') AS key,
               count(*) OVER () AS total
        FROM user_flow f
        LEFT JOIN (
            SELECT user_flow_id, max(start_time) AS last_at FROM session_metadata
            WHERE start_time BETWEEN '0002-01-01' AND '9998-01-01' GROUP BY user_flow_id
        ) newest ON newest.user_flow_id = f.user_flow_id
    ) every_flow
    WHERE (rank, key) > (%(rank)s, %(flow)s)
    ORDER BY rank, key LIMIT %(limit)s
) page
LEFT JOIN session_metadata s ON s.user_flow_id = page.user_flow_id
GROUP BY page.user_flow_id, page.name, page.description, page.last_at, page.rank, page.key, page.total
ORDER BY page.rank, page.key;

-- flow_trends --
-- Of each user flow, or of those among %(flows)s: how many sessions it has, the newest one, and the durations in ms, oldest
-- first, of its %(drawn)s newest ones as far as they have one and are not Excluded. Those among %(first)s come first, then the
-- last used, at most %(limit)s; total: of all.
SELECT f.user_flow_id, coalesce(f.name, f.user_flow_id::text) AS name, count(*) OVER () AS total,
       t.session_id, t.session_name, t.status, t.start_time,
       coalesce(t.sessions, 0) AS sessions, coalesce(t.durations, '{}') AS durations
FROM user_flow f
LEFT JOIN (
    SELECT user_flow_id, count(*) AS sessions,
           max(session_id) FILTER (WHERE place = 1) AS session_id, max(name) FILTER (WHERE place = 1) AS session_name,
           max(status) FILTER (WHERE place = 1) AS status, max(start_time) AS start_time,
           array_agg(1000 * extract(epoch FROM end_time - start_time)::float8 ORDER BY place DESC)
               FILTER (WHERE place <= %(drawn)s AND isfinite(end_time) AND end_time > start_time
                             AND status IS DISTINCT FROM 'Excluded') AS durations
    FROM (
        SELECT user_flow_id, session_id, name, status, start_time, end_time,
               row_number() OVER (PARTITION BY user_flow_id ORDER BY start_time DESC, session_id DESC) AS place
        FROM session_metadata
        WHERE start_time BETWEEN '0002-01-01' AND '9998-01-01'
              AND (%(flows)s::bpchar[] IS NULL OR user_flow_id = ANY(%(flows)s::bpchar[]))
    ) s
    GROUP BY user_flow_id
) t ON t.user_flow_id = f.user_flow_id
WHERE f.user_flow_id IS NOT NULL AND (%(flows)s::bpchar[] IS NULL OR f.user_flow_id = ANY(%(flows)s::bpchar[]))
ORDER BY f.user_flow_id = ANY(%(first)s::bpchar[]) DESC, t.start_time DESC NULLS LAST, f.user_flow_id
LIMIT %(limit)s;

-- newest_sessions --
-- The newest sessions over all user flows: the newest of each by the flow's index, then the newest of those.
SELECT s.session_id
FROM user_flow f
CROSS JOIN LATERAL (
    SELECT m.session_id, m.start_time FROM session_metadata m WHERE m.user_flow_id = f.user_flow_id AND m.start_time BETWEEN '0002-01-01' AND '9998-01-01'
    ORDER BY m.start_time DESC, m.session_id DESC LIMIT %(limit)s
) s
ORDER BY s.start_time DESC, s.session_id DESC
LIMIT %(limit)s;

-- holdings --
-- What a page of sessions holds: how many labels, time series, exchanges and issues, and whether there are function calls.
SELECT s.session_id,
       (SELECT count(*) FROM session_labels l WHERE l.session_id = s.session_id) AS labels,
       (SELECT count(*) FROM session_timeseries t WHERE t.session_id = s.session_id) AS series,
       (SELECT count(*) FROM capture_sessions c WHERE c.session_id = s.session_id) AS exchanges,
       (SELECT count(*) FROM capture_issues i WHERE i.session_id = s.session_id) AS issues,
       EXISTS (SELECT FROM function_call_metadata m WHERE m.session_id = s.session_id) AS calls
FROM session_metadata s
WHERE s.session_id = ANY(%(sessions)s::bpchar[]);

-- last_seen --
-- The end, in ms after the session's start, of the last thing in it that says its own unit (series are asked apart).
SELECT greatest(
    (SELECT max(l.end_time) FROM session_labels l WHERE l.session_id = s.session_id AND l.end_time < 'Infinity'),
    (SELECT max(i.end_time_ms) FROM capture_issues i WHERE i.session_id = s.session_id),
    (SELECT max(1000 * extract(epoch FROM coalesce(c.end_time, c.start_time) - s.start_time)::float8)
     FROM capture_sessions c WHERE c.session_id = s.session_id AND isfinite(coalesce(c.end_time, c.start_time))),
    (SELECT max(m.end_time_us) / 1000.0 FROM function_call_metadata m WHERE m.session_id = s.session_id)
)::float8 AS last_ms
FROM session_metadata s
WHERE s.session_id = %(session)s;

-- series_ends --
-- Where each time series of a session ends, in its own units: with an index by x one look-up a series.
SELECT t.x_units, d.last_x
FROM session_timeseries t
CROSS JOIN LATERAL (
    SELECT max(x_value) AS last_x FROM session_timeseries_data
    WHERE session_id = t.session_id AND timeseries_key = t.timeseries_key AND x_value < 'Infinity'
) d
WHERE t.session_id = %(session)s AND d.last_x > '-Infinity';

-- series_fingerprint --
-- Changes whenever a session's series were exported again, and where points were added at their ends: NULL without
-- series. With an index by x that is one look-up a series; without one, any change of the whole table counts.
SELECT current_database(),
       string_agg(t.xmin::text || t::text, ' ' ORDER BY t.timeseries_key),
       CASE WHEN EXISTS (
           SELECT FROM pg_catalog.pg_index i
           JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[2]
           WHERE i.indrelid = pg_catalog.to_regclass('session_timeseries_data') AND a.attname = 'x_value' AND i.indpred IS NULL
       ) THEN string_agg((
           SELECT d.xmin::text || ' ' || d.x_value::text FROM session_timeseries_data d
           WHERE d.session_id = t.session_id AND d.timeseries_key = t.timeseries_key
           ORDER BY d.x_value DESC LIMIT 1
       ), ' ' ORDER BY t.timeseries_key)
       ELSE (SELECT (n_tup_ins + n_tup_upd + n_tup_del)::text FROM pg_catalog.pg_stat_all_tables
             WHERE relid = pg_catalog.to_regclass('session_timeseries_data')) END
FROM session_timeseries t
WHERE t.session_id = %(session)s
HAVING count(*) > 0;

-- series_units --
-- The keys of a session's series and the units of their x.
SELECT timeseries_key AS key, x_units
FROM session_timeseries
WHERE session_id = %(session)s AND timeseries_key IS NOT NULL
ORDER BY timeseries_key;

-- series_points --
-- One series' points in no order: sorting what was read costs less than a sorted scan. The casts are for replicas whose
-- columns are of other types.
SELECT x_value::float8 AS x, y_value::float8 AS y
FROM session_timeseries_data
WHERE session_id = %(session)s AND timeseries_key = %(key)s;

-- busy_spans --
-- When each thread was busy: its root calls, merged where they begin in the same %(resolution_us)s microseconds, with the
-- method of the longest of them. A call without its process, thread or start has no place; one without an end lasted no
-- time.
SELECT process_id, thread_id,
       min(start_time_us) AS start_us, max(coalesce(end_time_us, start_time_us)) AS end_us, count(*) AS calls,
       (array_agg(method_id ORDER BY end_time_us - start_time_us DESC NULLS LAST))[1] AS method_id
FROM function_call_site
WHERE session_id = %(session)s AND parent_call_id IS NULL
      AND process_id IS NOT NULL AND thread_id IS NOT NULL AND start_time_us IS NOT NULL
GROUP BY process_id, thread_id, start_time_us / %(resolution_us)s::bigint
ORDER BY process_id, thread_id, start_us;

-- thread_facts --
-- One thread in numbers.
SELECT count(*) AS calls,
       count(DISTINCT method_id) AS methods,
       coalesce(max(depth), 0) + 1 AS levels,
       min(start_time_us) AS start_us,
       max(end_time_us) AS end_us,
       (sum(end_time_us - start_time_us) FILTER (WHERE parent_call_id IS NULL))::float8 AS wall_us,
       (sum(cpu_time_us) FILTER (WHERE parent_call_id IS NULL))::float8 AS cpu_us
FROM function_call_site
WHERE session_id = %(session)s AND process_id = %(process)s AND thread_id = %(thread)s;

-- profile_fingerprint --
-- Changes whenever a session's calls were exported again: an export replaces all rows of a session, and `xmin` is the
-- transaction that wrote a row. Reads about three rows, never the calls, so it misses calls that somebody changed in
-- place while the session's metadata and threads stayed as they were.
SELECT current_database(), m.xmin::text, m::text,
       (SELECT string_agg(t.xmin::text || t::text, ' ' ORDER BY t.process_id, t.id)
        FROM function_call_thread t WHERE t.session_id = m.session_id)
FROM function_call_metadata m WHERE m.session_id = %(session)s;

-- call_sites --
-- All calls of a session, in no order: a sorted or parallel scan would cost more than sorting what was read. The casts
-- are for replicas whose columns are of other types; a call without its process, thread, id or start has no place.
SELECT process_id::bigint, thread_id::bigint, coalesce(method_id, %(unknown_method)s)::bigint AS method_id, id::bigint,
       start_time_us::bigint, (coalesce(end_time_us, start_time_us) - start_time_us)::bigint AS duration,
       coalesce(cpu_time_us, 0)::bigint AS cpu, parent_call_id::bigint, coalesce(depth, 0)::integer AS depth
FROM function_call_site
WHERE session_id = %(session)s
      AND process_id IS NOT NULL AND thread_id IS NOT NULL AND id IS NOT NULL AND start_time_us IS NOT NULL;

-- call_methods --
-- The methods of a session's calls.
SELECT process_id::bigint, id::bigint, name, raw_name, package_name
FROM function_call_method
WHERE session_id = %(session)s;

-- call_threads --
-- The threads of a session's calls, with the names of their processes.
SELECT t.process_id::bigint, t.id::bigint, p.name AS process, t.name
FROM function_call_thread t
LEFT JOIN function_call_process p ON p.session_id = t.session_id AND p.id = t.process_id
WHERE t.session_id = %(session)s;

-- call_metadata --
-- Whether a session's calls were recorded with CPU times.
SELECT has_cpu_time
FROM function_call_metadata
WHERE session_id = %(session)s;

-- session_label_names --
-- The names of a session's labels with a duration, in order of time, from the %(begin)s-th on at most %(limit)s; ms: how long
-- the first labels of that name took.
SELECT coalesce(name, rtrim(label_id)) AS name, (array_agg(end_time - start_time ORDER BY start_time))[:100] AS ms
FROM session_labels
WHERE session_id = %(session)s AND end_time > start_time AND end_time < 'Infinity' AND start_time > '-Infinity'
GROUP BY 1
ORDER BY min(start_time), 1
LIMIT %(limit)s OFFSET %(begin)s;

-- label_spreads --
-- Order statistics of how long labels of one name took in the newest sessions of a user flow that are not Excluded; where
-- sessions or names are chosen, in or of these alone: at most %(limit)s names, the most frequent first. total: of all names.
WITH counted AS (
    SELECT session_id, start_time
    FROM session_metadata
    WHERE user_flow_id = %(flow)s AND status <> 'Excluded'
          AND (%(chosen)s::bpchar[] IS NULL OR session_id = ANY(%(chosen)s::bpchar[]))
    ORDER BY start_time DESC, session_id DESC
    LIMIT %(sessions)s
), durations AS MATERIALIZED (
    SELECT coalesce(l.name, rtrim(l.label_id)) AS name, l.category, l.start_time, l.end_time - l.start_time AS ms
    FROM counted JOIN session_labels l USING (session_id)
    WHERE l.end_time > l.start_time AND l.end_time < 'Infinity' AND l.start_time > '-Infinity'
          AND (%(names)s::text[] IS NULL OR coalesce(l.name, rtrim(l.label_id)) = ANY(%(names)s::text[]))
    LIMIT %(labels)s
), frequent AS (
    SELECT name, count(*) AS n, count(*) OVER () AS total, min(start_time) AS first
    FROM durations
    GROUP BY name
    ORDER BY n DESC, first, name
    LIMIT %(limit)s OFFSET %(begin)s
)
SELECT name, min(category) AS category, n, total, min(ms) AS least,
       percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY ms) AS quantiles, max(ms) AS most
FROM frequent JOIN durations USING (name)
GROUP BY name, n, total, first
ORDER BY n DESC, first, name;

-- label_durations --
-- Labels of these names in the same sessions, of each name at most %(each)s: evenly chosen in order of duration, the shortest
-- and the longest among them.
SELECT session_id, session_name, name, start_time, ms
FROM (
    SELECT s.session_id, s.name AS session_name, coalesce(l.name, rtrim(l.label_id)) AS name, l.start_time,
           l.end_time - l.start_time AS ms,
           row_number() OVER (PARTITION BY coalesce(l.name, rtrim(l.label_id)) ORDER BY l.end_time - l.start_time) - 1 AS place,
           count(*) OVER (PARTITION BY coalesce(l.name, rtrim(l.label_id))) AS n
    FROM (
        SELECT session_id, name
        FROM session_metadata
        WHERE user_flow_id = %(flow)s AND status <> 'Excluded'
              AND (%(chosen)s::bpchar[] IS NULL OR session_id = ANY(%(chosen)s::bpchar[]))
        ORDER BY start_time DESC, session_id DESC
        LIMIT %(sessions)s
    ) s
    JOIN session_labels l USING (session_id)
    WHERE l.end_time > l.start_time AND l.end_time < 'Infinity' AND l.start_time > '-Infinity'
          AND coalesce(l.name, rtrim(l.label_id)) = ANY(%(names)s::text[])
) durations
WHERE n <= %(each)s OR place = 0 OR place * (%(each)s - 1) / (n - 1) <> (place - 1) * (%(each)s - 1) / (n - 1)
ORDER BY name, ms;

-- marked_labels --
-- The first labels of a session, at most %(limit)s, that touch the stretch from %(first)s to %(last)s, in ms. One that ends
-- nowhere, or before it begins, is a moment.
SELECT label_id, name, category, start_time, end_time
FROM (
    SELECT rtrim(label_id) AS label_id,
           coalesce(nullif(coalesce(name, rtrim(label_id)), ''), 'Label without a name') AS name,
           coalesce(category, '') AS category, start_time,
           CASE WHEN end_time > start_time AND end_time < 'Infinity' THEN end_time ELSE start_time END AS end_time
    FROM session_labels
    WHERE session_id = %(session)s AND start_time > '-Infinity' AND start_time < 'Infinity'
) l
WHERE start_time <= %(last)s AND end_time >= %(first)s
ORDER BY start_time, end_time, label_id
LIMIT %(limit)s;

-- marked_exchanges --
-- The same for exchanges, with their times in ms after the session's start; one without an end lasted as long as it says.
SELECT message_id, start_time, start_time + lasted AS end_time, status, url, content_type
FROM (
    SELECT c.message_id, c.status, c.url, c.content_type, 1000 * date_part('epoch', c.start_time - s.start_time) AS start_time,
           greatest(0, CASE WHEN isfinite(c.end_time) THEN 1000 * date_part('epoch', c.end_time - c.start_time)
                       ELSE coalesce(c.duration, 0) END) AS lasted
    FROM capture_sessions c
    JOIN session_metadata s USING (session_id)
    WHERE c.session_id = %(session)s AND c.url IS NOT NULL
          AND c.start_time > '0002-01-01' AND c.start_time < '9998-01-01'
) c
WHERE start_time <= %(last)s AND start_time + lasted >= %(first)s
ORDER BY start_time, message_id
LIMIT %(limit)s;

-- open_times --
-- When exchanges that touch a stretch began and ended, in ms after the session's start; without those that never did end.
SELECT start_time, end_time
FROM (
    SELECT 1000 * date_part('epoch', c.start_time - s.start_time) AS start_time,
           1000 * date_part('epoch', c.end_time - s.start_time) AS end_time
    FROM capture_sessions c
    JOIN session_metadata s USING (session_id)
    WHERE c.session_id = %(session)s AND c.url IS NOT NULL AND c.start_time > '0002-01-01'
          AND c.end_time > c.start_time AND c.end_time < '9998-01-01'
) c
WHERE start_time <= %(last)s AND end_time >= %(first)s
LIMIT %(limit)s;

-- same_labels --
-- Labels of one name and category with a duration in the newest sessions of a user flow, Excluded ones too, the longest
-- first.
SELECT s.session_id, s.name AS session_name, s.status, l.label_id, l.start_time, l.end_time - l.start_time AS ms
FROM (
    SELECT session_id, name, status
    FROM session_metadata
    WHERE user_flow_id = %(flow)s
    ORDER BY start_time DESC, session_id DESC
    LIMIT %(sessions)s
) s
JOIN session_labels l ON l.session_id = s.session_id
WHERE coalesce(l.name, l.label_id) = %(label)s AND coalesce(l.category, '') = %(category)s
      AND l.end_time > l.start_time AND l.end_time < 'Infinity' AND l.start_time > '-Infinity'
ORDER BY ms DESC, s.session_id, l.start_time
LIMIT %(labels)s;

-- trend --
-- One value for each of a flow's newest sessions, oldest first: its duration in ms or, where a measurement is named,
-- that. Sessions without the value are left out after the newest were chosen.
SELECT newest.session_id, newest.name, newest.status, newest.start_time, newest.value
FROM (
    SELECT s.session_id, s.name, s.status, s.start_time,
           CASE WHEN %(measurement)s = '' THEN
                     CASE WHEN isfinite(s.end_time) THEN 1000 * extract(epoch FROM s.end_time - s.start_time)::float8 END
                ELSE (SELECT max(p.float_value) FROM performance_measurements p
                      WHERE p.session_id = s.session_id AND p.key_name = %(measurement)s) END AS value
    FROM session_metadata s
    WHERE s.user_flow_id = %(flow)s AND s.start_time BETWEEN '0002-01-01' AND '9998-01-01'
    ORDER BY s.start_time DESC, s.session_id DESC
    LIMIT %(sessions)s
) newest
WHERE newest.value < 'Infinity' AND newest.value > '-Infinity' AND newest.start_time BETWEEN '0002-01-01' AND '9998-01-01'
ORDER BY newest.start_time, newest.session_id;

-- measurement_names --
-- The numeric measurements found in the newest sessions of a flow, the commonest first.
SELECT p.key_name, max(p.key_units) AS units
FROM (
    SELECT session_id FROM session_metadata WHERE user_flow_id = %(flow)s ORDER BY start_time DESC LIMIT %(sessions)s
) s
JOIN performance_measurements p ON p.session_id = s.session_id
WHERE p.float_value IS NOT NULL
GROUP BY p.key_name
ORDER BY count(*) DESC, p.key_name;

-- compared_sessions --
-- Sessions that are compared, with their durations in ms, and whether their labels, exchanges and calls were recorded.
SELECT s.session_id, s.name,
       CASE WHEN isfinite(s.start_time) AND isfinite(s.end_time) AND s.end_time > s.start_time
            THEN 1000 * extract(epoch FROM s.end_time - s.start_time)::float8 END AS duration,
       EXISTS (SELECT FROM session_labels l WHERE l.session_id = s.session_id) AS has_labels,
       EXISTS (SELECT FROM capture_sessions c WHERE c.session_id = s.session_id) AS has_exchanges,
       EXISTS (SELECT FROM function_call_metadata m WHERE m.session_id = s.session_id) AS has_calls
FROM session_metadata s
WHERE s.session_id = ANY(%(sessions)s::bpchar[])
ORDER BY s.start_time, s.session_id;

-- compared_labels --
-- Every label with a duration in these sessions, at most %(limit)s of them, in order of time in each session.
SELECT l.session_id, coalesce(l.category, '') AS category, coalesce(l.name, l.label_id, '') AS name,
       l.start_time AS start, l.end_time AS end
FROM session_labels l
WHERE l.session_id = ANY(%(sessions)s::bpchar[])
      AND l.end_time > l.start_time AND l.end_time < 'Infinity' AND l.start_time > '-Infinity'
ORDER BY l.session_id, l.start_time, l.end_time, l.label_id
LIMIT %(limit)s;

-- compared_measurements --
-- The numeric measurements of these sessions, at most %(limit)s of them, without those whose type begins with %(derived)s.
SELECT p.session_id, coalesce(p.key_name, '') AS name, coalesce(max(p.key_units), '') AS unit, max(p.float_value) AS value
FROM performance_measurements p
WHERE p.session_id = ANY(%(sessions)s::bpchar[]) AND p.float_value < 'Infinity' AND p.float_value > '-Infinity'
      AND NOT starts_with(coalesce(p.key_type, ''), %(derived)s)
GROUP BY p.session_id, p.key_name
ORDER BY p.session_id, p.key_name
LIMIT %(limit)s;

-- compared_exchanges --
-- The exchanges that began within windows, each a label in a session, at most %(limit)s of them; ms: within the window.
SELECT w.label, w.session_id, c.message_id, c.url,
       greatest(0, least(w.end_ms - o.start_ms, coalesce(
           CASE WHEN isfinite(c.end_time) THEN 1000 * extract(epoch FROM c.end_time - c.start_time) END, c.duration, 0
       )))::float8 AS ms
FROM unnest(%(labels)s::int[], %(sessions)s::text[], %(starts)s::float8[], %(ends)s::float8[])
     AS w (label, session_id, start_ms, end_ms)
JOIN session_metadata s ON s.session_id = w.session_id::bpchar
JOIN capture_sessions c ON c.session_id = s.session_id
     AND c.start_time >= s.start_time + w.start_ms * interval '1 millisecond'
     AND c.start_time < s.start_time + w.end_ms * interval '1 millisecond'
CROSS JOIN LATERAL (SELECT 1000 * extract(epoch FROM c.start_time - s.start_time)::float8 AS start_ms) o
WHERE c.url IS NOT NULL AND isfinite(s.start_time)
ORDER BY w.label, w.session_id, c.start_time, c.message_id
LIMIT %(limit)s;

-- compared_calls --
-- The calls of windows, at most %(limit)s of them, in no order; us: how much of the call lies in its window, which is
-- known by its number. `replica.compare.self_times` adds them up: in SQL, a join of calls with their parents sorts on disk.
SELECT w.number - 1 AS "window", c.process_id::bigint, c.thread_id::bigint, c.id::bigint,
       coalesce(c.parent_call_id, 0)::bigint AS parent_call_id, c.parent_call_id IS NOT NULL AS has_parent,
       c.method_id::bigint, least(c.end_time_us, w.end_ms * 1000) - greatest(c.start_time_us, w.start_ms * 1000) AS us
FROM unnest(%(sessions)s::text[], %(starts)s::float8[], %(ends)s::float8[])
     WITH ORDINALITY AS w (session_id, start_ms, end_ms, number)
JOIN function_call_site c ON c.session_id = w.session_id::bpchar
     AND c.start_time_us < w.end_ms * 1000 AND c.end_time_us > w.start_ms * 1000
WHERE c.process_id IS NOT NULL AND c.thread_id IS NOT NULL AND c.id IS NOT NULL AND c.method_id IS NOT NULL
LIMIT %(limit)s;

-- compared_methods --
-- The names of methods, each named by session, process and id.
SELECT w.number - 1 AS number, coalesce(m.name, m.raw_name, '') AS name, coalesce(m.raw_name, m.name, '') AS raw_name,
       coalesce(m.package_name, '') AS package
FROM unnest(%(sessions)s::text[], %(processes)s::bigint[], %(methods)s::bigint[])
     WITH ORDINALITY AS w (session_id, process_id, method_id, number)
JOIN function_call_method m ON m.session_id = w.session_id::bpchar AND m.process_id = w.process_id AND m.id = w.method_id;

-- compared_series --
-- The mean of each series within windows; points: how many were met in all, of which no more than %(limit)s are looked at.
SELECT label, session_id, key, name, unit, value, points
FROM (
    WITH met AS MATERIALIZED (
        SELECT w.label, w.session_id, t.timeseries_key AS key, t.timeseries_name AS name, t.y_units AS unit, d.y_value
        FROM unnest(%(labels)s::int[], %(sessions)s::text[], %(starts)s::float8[], %(ends)s::float8[])
             AS w (label, session_id, start_ms, end_ms)
        JOIN session_timeseries t ON t.session_id = w.session_id::bpchar
        LEFT JOIN unnest(%(units)s::text[], %(factors)s::float8[]) AS u (unit, ms) ON u.unit = lower(trim(t.x_units))
        JOIN session_timeseries_data d ON d.session_id = t.session_id AND d.timeseries_key = t.timeseries_key
             AND d.x_value BETWEEN w.start_ms / coalesce(u.ms, 1) AND w.end_ms / coalesce(u.ms, 1)
        WHERE d.y_value < 'Infinity' AND d.y_value > '-Infinity'
        LIMIT %(limit)s
    )
    SELECT label, session_id, coalesce(key, '') AS key, coalesce(max(name), key, '') AS name, coalesce(max(unit), '') AS unit,
           avg(y_value) AS value, (SELECT count(*) FROM met) AS points
    FROM met
    GROUP BY label, session_id, key
) found;

-- baseline_durations --
-- Of each flow: its sessions among %(sessions)s, and its %(newest)s newest ones that are not Excluded, with durations in ms.
SELECT s.user_flow_id, s.session_id, s.is_base,
       CASE WHEN isfinite(s.end_time) AND s.end_time > s.start_time
            THEN 1000 * extract(epoch FROM s.end_time - s.start_time)::float8 END AS ms
FROM (
    SELECT user_flow_id, session_id, start_time, end_time, true AS is_base FROM session_metadata
    WHERE session_id = ANY(%(sessions)s::bpchar[]) AND user_flow_id = ANY(%(flows)s::bpchar[])
          AND start_time BETWEEN '0002-01-01' AND '9998-01-01'
    UNION ALL
    SELECT f.user_flow_id, n.session_id, n.start_time, n.end_time, false
    FROM (SELECT DISTINCT user_flow_id FROM user_flow WHERE user_flow_id = ANY(%(flows)s::bpchar[])) f
    CROSS JOIN LATERAL (
        SELECT session_id, start_time, end_time FROM session_metadata
        WHERE user_flow_id = f.user_flow_id AND status <> 'Excluded' AND start_time BETWEEN '0002-01-01' AND '9998-01-01'
        ORDER BY start_time DESC, session_id DESC LIMIT %(newest)s
    ) n
    WHERE n.session_id <> ALL(%(sessions)s::bpchar[])
) s;

-- label_names --
-- The names of labels with a duration in the %(sessions)s newest sessions of a flow, the commonest first.
SELECT coalesce(l.name, l.label_id, '') AS name
FROM (
    SELECT session_id FROM session_metadata
    WHERE user_flow_id = %(flow)s AND start_time BETWEEN '0002-01-01' AND '9998-01-01'
    ORDER BY start_time DESC, session_id DESC LIMIT %(sessions)s
) s
JOIN session_labels l ON l.session_id = s.session_id
WHERE l.end_time > l.start_time AND l.end_time < 'Infinity' AND l.start_time > '-Infinity'
GROUP BY 1
ORDER BY count(DISTINCT s.session_id) DESC, min(l.start_time), 1
LIMIT %(labels)s;

-- label_trend --
-- How long the first label of a name took in each of a flow's newest sessions, oldest first.
SELECT s.session_id, s.name, s.status, s.start_time, first.ms AS value
FROM (
    SELECT session_id, name, status, start_time FROM session_metadata
    WHERE user_flow_id = %(flow)s AND start_time BETWEEN '0002-01-01' AND '9998-01-01'
    ORDER BY start_time DESC, session_id DESC LIMIT %(sessions)s
) s
CROSS JOIN LATERAL (
    SELECT l.end_time - l.start_time AS ms FROM session_labels l
    WHERE l.session_id = s.session_id AND coalesce(l.name, l.label_id, '') = %(label)s
          AND l.end_time > l.start_time AND l.end_time < 'Infinity' AND l.start_time > '-Infinity'
    ORDER BY l.start_time LIMIT 1
) first
ORDER BY s.start_time, s.session_id;

-- issue_heat --
-- For each of some sessions and each category of issues: the impacts, and the time that at least one of them covers, within the
-- session. An impact adds what lies behind the latest end before it; references add nothing.
SELECT session_id, category, count(*) AS impacts, sum(greatest(0, end_ms - greatest(start_ms, latest_end)))::float8 AS union_ms
FROM (
    SELECT session_id, category, start_ms, end_ms,
           coalesce(max(end_ms) OVER (PARTITION BY session_id, category ORDER BY start_ms, end_ms
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS latest_end
    FROM (
        SELECT i.session_id, coalesce(i.category, '') AS category, greatest(0, i.start_time_ms)::float8 AS start_ms,
               least(coalesce(i.end_time_ms, i.start_time_ms)::float8,
                     CASE WHEN isfinite(s.end_time) THEN 1000 * extract(epoch FROM s.end_time - s.start_time)::float8 END) AS end_ms
        FROM capture_issues i
        JOIN session_metadata s ON s.session_id = i.session_id
        WHERE i.session_id = ANY(%(sessions)s::bpchar[]) AND NOT coalesce(i.reference, false) AND i.start_time_ms IS NOT NULL
    ) impacts
) ordered
GROUP BY session_id, category;
