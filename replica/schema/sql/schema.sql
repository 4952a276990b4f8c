-- The one definition of the replica's tables: the store and every replica database are created from this file.
--
-- Names, column types and widths follow the Replica DB document. Its `float` is double precision, its `timestamp` is
-- without time zone and holds UTC. Every key begins with session_id, so that a session can be written, replaced and
-- erased by it alone and the tables can be distributed by it. There are no foreign keys: sessions are written whole,
-- in one transaction, and checking ten million call sites against their methods would double that time.
--
-- Running the file again changes nothing.

CREATE TABLE IF NOT EXISTS user_flow (
    user_flow_id char(36) NOT NULL PRIMARY KEY,
    name         varchar(255) NOT NULL,
    description  varchar(65535),
    created_ts   timestamp NOT NULL
);

CREATE TABLE IF NOT EXISTS session_metadata (
    session_id        char(36) NOT NULL PRIMARY KEY,
    user_flow_id      char(36) NOT NULL,
    hostname          varchar(255),
    host_country      varchar(255),
    host_city         varchar(255),
    host_lat          double precision,
    host_lng          double precision,
    device_id         char(50),
    device_model      varchar(255),
    device_sku        varchar(255),
    device_carrier    varchar(255),
    device_os_version varchar(20),
    host_os           varchar(255),
    host_os_version   varchar(255),
    session_link      varchar(255),
    name              varchar(255),
    description       varchar(65535),
    status            char(10) NOT NULL CHECK (status IN ('Passed', 'Failed', 'Excluded')),
    start_time        timestamp NOT NULL,
    end_time          timestamp
);
-- A flow's sessions, newest first, and keyset paging through them.
CREATE INDEX IF NOT EXISTS session_metadata_by_flow ON session_metadata (user_flow_id, start_time DESC, session_id DESC);

CREATE TABLE IF NOT EXISTS performance_measurements (
    session_id  char(36) NOT NULL,
    key_name    varchar(128) NOT NULL,
    key_type    varchar(128) NOT NULL DEFAULT '',
    key_units   varchar(128),
    str_value   varchar(512) NOT NULL,
    float_value double precision,
    PRIMARY KEY (session_id, key_name, key_type)
);

-- A tag's key may repeat with other values.
CREATE TABLE IF NOT EXISTS session_tags (
    session_id char(36) NOT NULL,
    tag_key    varchar(64) NOT NULL,
    tag_value  varchar(128) NOT NULL,
    PRIMARY KEY (session_id, tag_key, tag_value)
);
-- Sessions that carry a tag, e.g. an audited session's id.
CREATE INDEX IF NOT EXISTS session_tags_by_value ON session_tags (tag_key, tag_value);

CREATE TABLE IF NOT EXISTS session_labels (
    session_id     char(36) NOT NULL,
    label_id       char(36) NOT NULL,
    label_type     varchar(256) NOT NULL DEFAULT 'user',
    name           varchar(1024) NOT NULL,
    category       varchar(1024),
    start_time     double precision NOT NULL,
    end_time       double precision NOT NULL,
    data           varchar(65535),
    label_group_id char(36),
    video_box      varchar(65535),
    PRIMARY KEY (session_id, label_id)
);

CREATE TABLE IF NOT EXISTS session_timeseries (
    session_id      char(36) NOT NULL,
    timeseries_key  varchar(512) NOT NULL,
    timeseries_name varchar(512) NOT NULL,
    x_units         varchar(512),
    y_units         varchar(512),
    PRIMARY KEY (session_id, timeseries_key)
);

-- Two points may share one x (a step, an outlier sampled twice), so the index is not unique.
CREATE TABLE IF NOT EXISTS session_timeseries_data (
    session_id     char(36) NOT NULL,
    timeseries_key varchar(512) NOT NULL,
    x_value        double precision NOT NULL,
    y_value        double precision
);
-- One series in order of time, whole or by range.
CREATE INDEX IF NOT EXISTS session_timeseries_data_by_x ON session_timeseries_data (session_id, timeseries_key, x_value);

CREATE TABLE IF NOT EXISTS session_timeseries_data_stats (
    session_id        char(36) NOT NULL,
    label_group_id    char(36) NOT NULL,
    timeseries_key    varchar(512) NOT NULL,
    metric            varchar(512) NOT NULL,
    value             double precision,
    time_intervals_ms varchar(65535),
    PRIMARY KEY (session_id, label_group_id, timeseries_key, metric)
);

CREATE TABLE IF NOT EXISTS capture_issues (
    session_id    char(36) NOT NULL,
    issue_id      char(36) NOT NULL,
    impact_id     char(36) NOT NULL,
    message_id    bigint,
    category      varchar(255) NOT NULL,
    "group"       varchar(16),
    name          varchar(65535),
    impact_time   double precision,
    start_time_ms bigint NOT NULL,
    end_time_ms   bigint NOT NULL,
    version       varchar(16),
    reference     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (session_id, category, issue_id, impact_id)
);

CREATE TABLE IF NOT EXISTS capture_sessions (
    session_id    char(36) NOT NULL,
    message_id    bigint NOT NULL,
    start_time    timestamp NOT NULL,
    end_time      timestamp,
    duration      bigint,
    tcp_connect   bigint,
    tls_handshake bigint,
    wait          bigint,
    receive       bigint,
    status        bigint,
    content_type  varchar(512),
    request_size  bigint,
    response_size bigint,
    url           varchar(65535) NOT NULL,
    PRIMARY KEY (session_id, message_id)
);

CREATE TABLE IF NOT EXISTS function_call_metadata (
    session_id    char(36) NOT NULL PRIMARY KEY,
    version       varchar(32),
    platform      varchar(32),
    has_cpu_time  boolean NOT NULL,
    start_time_us bigint NOT NULL,
    end_time_us   bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS function_call_process (
    session_id    char(36) NOT NULL,
    id            bigint NOT NULL,
    name          varchar(512),
    start_time_us bigint,
    PRIMARY KEY (session_id, id)
);

CREATE TABLE IF NOT EXISTS function_call_method (
    session_id   char(36) NOT NULL,
    process_id   bigint NOT NULL,
    id           bigint NOT NULL,
    raw_name     varchar(512),
    name         varchar(256),
    args         varchar(256),
    "return"     varchar(256),
    signature    varchar(65535),
    package_name varchar(512),
    PRIMARY KEY (session_id, process_id, id)
);

CREATE TABLE IF NOT EXISTS function_call_thread (
    session_id    char(36) NOT NULL,
    process_id    bigint NOT NULL,
    id            bigint NOT NULL,
    name          varchar(512),
    flag          bigint NOT NULL DEFAULT 0,
    start_time_us bigint,
    end_time_us   bigint,
    PRIMARY KEY (session_id, process_id, id)
);

-- Call ids are unique only within (session, process, thread).
CREATE TABLE IF NOT EXISTS function_call_site (
    session_id     char(36) NOT NULL,
    process_id     bigint NOT NULL,
    thread_id      bigint NOT NULL,
    method_id      bigint NOT NULL,
    id             bigint NOT NULL,
    start_time_us  bigint NOT NULL,
    end_time_us    bigint NOT NULL,
    cpu_time_us    bigint,
    parent_call_id bigint,
    depth          bigint,
    PRIMARY KEY (session_id, process_id, thread_id, id)
);
