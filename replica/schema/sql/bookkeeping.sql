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

-- In the store: by which version of its formula each result of a session was made (replica/analyses/writer.py). What was
-- looked for and not found has a row, too.
CREATE TABLE IF NOT EXISTS bookkeeping.analyses (
    session_id char(36) NOT NULL,
    analysis   text NOT NULL,
    version    text NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (session_id, analysis)
);

-- In the store: deletions that were carried out here (replica/deletion/service.py). A killed one is not repeated on what
-- was imported since.
CREATE TABLE IF NOT EXISTS bookkeeping.deletions (uid uuid PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT now());

-- In the store: who edited it, by the same annotations that audited applications write (replica/editing/annotated.py).
CREATE TABLE IF NOT EXISTS bookkeeping.statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json);
