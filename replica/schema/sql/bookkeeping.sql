-- What the dashboard itself remembers beside the replica's tables, in a schema of its own that no reader role sees.
-- In the store a revision says how often a session was imported; in a replica, which of them it holds. Written in the
-- same transaction as the session's rows, so the two never disagree.

CREATE SCHEMA IF NOT EXISTS bookkeeping;
CREATE TABLE IF NOT EXISTS bookkeeping.session_revisions (
    session_id   char(36) NOT NULL PRIMARY KEY,
    user_flow_id char(36) NOT NULL,
    revision     bigint NOT NULL DEFAULT 1,
    changed_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS session_revisions_by_flow ON bookkeeping.session_revisions (user_flow_id, session_id);
