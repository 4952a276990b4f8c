"""How an application says who is behind a transaction, shortest first. Pure. docs/annotating.md has all of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snippet:
    """about: what to do with it, and what then follows by itself. tested: how far our tests run it."""

    slug: str
    name: str
    about: str
    code: str
    tested: str


SQL = """\
CREATE TABLE statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json);

-- once for each sign-in, with an id that you keep
INSERT INTO statetrace_annotations VALUES ('11111111-aaaa-4000-8000-000000000001', '_st.app.sess', '{}',
  '{"session_actor_id": "42", "session_actor_full_name": "Ada Lovelace"}');

-- in every transaction that writes
BEGIN;
UPDATE your_table SET your_column = your_column WHERE id = 1;
INSERT INTO statetrace_annotations VALUES (gen_random_uuid()::text, '_st.app.act', '{}',
  '{"action_session_id": "11111111-aaaa-4000-8000-000000000001", "action_url": "/hello", "action_method": "POST"}');
COMMIT;
"""
DJANGO = """\
# pip install statetrace-ui, then in settings.py:
INSTALLED_APPS += ["statetrace_ui.annotate"]
MIDDLEWARE += ["statetrace_ui.annotate.middleware.AnnotateMiddleware"]  # below sessions and authentication
# then migrate: it makes the table
"""
RAILS = """\
# app/controllers/application_controller.rb; the table is that of plain SQL
around_action :annotate
def annotate
  ActiveRecord::Base.transaction do
    yield
    next if request.get? || request.head?
    say = ->(id, kind, payload) do
      ActiveRecord::Base.connection.exec_query(
        "INSERT INTO statetrace_annotations VALUES ($1, $2, '{}', $3) ON CONFLICT DO NOTHING",
        "annotate", [id, kind, payload.to_json])
    end
    session[:statetrace] ||= SecureRandom.uuid
    say.(session[:statetrace], "_st.app.sess",
         session_actor_id: current_user.id, session_actor_full_name: current_user.name)
    say.(SecureRandom.uuid, "_st.app.act", action_session_id: session[:statetrace],
         action_url: request.path, action_method: request.method)
  end
end
"""
NODE = """\
// with pg, inside the transaction and before COMMIT; the table is that of plain SQL
const say = (id, kind, payload) => client.query(
  "INSERT INTO statetrace_annotations VALUES ($1, $2, '{}', $3) ON CONFLICT DO NOTHING",
  [id, kind, JSON.stringify(payload)]);
await say(sessionId, "_st.app.sess", { session_actor_id: user.id, session_actor_full_name: user.name });
await say(crypto.randomUUID(), "_st.app.act",
  { action_session_id: sessionId, action_url: req.path, action_method: req.method });
"""
GO = """\
// with pgx, inside the transaction and before Commit; the table is that of plain SQL
const say = "INSERT INTO statetrace_annotations VALUES ($1, $2, '{}', $3) ON CONFLICT DO NOTHING"
_, err = tx.Exec(ctx, say, sessionID, "_st.app.sess",
    map[string]any{"session_actor_id": user.ID, "session_actor_full_name": user.Name})
_, err = tx.Exec(ctx, say, uuid.NewString(), "_st.app.act",
    map[string]any{"action_session_id": sessionID, "action_url": r.URL.Path, "action_method": r.Method})
"""
RUN = "Our tests run it as it stands."
LINES = "Our tests run its lines; they do not migrate a project by it."
SENT = "Our tests run its SQL on a database; the code around it was not run."
SNIPPETS = (
    Snippet("django", "Django", "A middleware: views need no change.", DJANGO, LINES),
    Snippet("sql", "Plain SQL", "Try it with psql: what it says appears here within seconds.", SQL, RUN),
    Snippet("rails", "Ruby on Rails", "Around each action that may write.", RAILS, SENT),
    Snippet(
        "node",
        "Node",
        "In each transaction that writes.",
        NODE,
        "Our tests run it in Node, and on a database what it sends; the package pg between them was not run.",
    ),
    Snippet("go", "Go", "In each transaction that writes.", GO, SENT),
)
