"""What each of two organisations has: the same small ids, other rows, and a word of its own in every text."""

from base64 import b64decode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from string import Template

import psycopg
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from replica.beside import screenshots
from replica.databases.connections import alias_for
from replica.databases.models import Replica
from replica.deletion.models import Deletion
from replica.exports.models import Mirror, Target, UserFlowExport
from replica.flow_trends.models import FlowReading
from replica.profiles.service import profile_for
from statetrace_ui.capture.adding.models import SourceDraft
from statetrace_ui.capture.models import SourceTask
from statetrace_ui.capture.verification.models import RowDifference, Verification, VerifiedTable
from statetrace_ui.deliveries.models import Attempt, Delivery, Endpoint
from statetrace_ui.history.erasure.wanted import Wanted
from statetrace_ui.history.models import Erasure, SavedQuestion, Source, TableDisplay, UnreadAnnotation
from statetrace_ui.history.rollups.backfill import count_part
from statetrace_ui.operations.models import DiskMeasure, DiskPart
from statetrace_ui.overview.models import Note
from statetrace_ui.people.models import Invitation
from statetrace_ui.web.models import Membership, Organisation
from tests.access.addresses import ARGUMENTS, QUERIES
from tests.statetrace_ui.history.rows import (
    NOON,
    make_action,
    make_avatar,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)

PICTURE = b64decode(  # a PNG; what follows its end is not looked at
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ROWS = Path(__file__).with_name("captured.sql")


@dataclass(frozen=True)
class Captured:
    """A captured session in a replica of its own; `calls` is how many function calls it holds."""

    word: str
    flow: str
    session: str
    calls: int


ACMES = Captured("Larkspur", "11111111-aaaa-4000-8000-000000000001", "aaaaaaaa-aaaa-4000-8000-000000000001", 300)
ELSEWHERES = Captured("Juniper", "22222222-bbbb-4000-8000-000000000002", "bbbbbbbb-bbbb-4000-8000-000000000002", 200)


def fill(url: str, captured: Captured) -> None:
    """Write the session into the replica at `url`."""
    names = {name.upper(): value for name, value in vars(captured).items()}
    with psycopg.connect(url) as connection:
        connection.execute(Template(ROWS.read_text()).substitute(names))


@dataclass(frozen=True)
class Holdings:
    """`word` stands in everything that is the organisation's; `ids` are what the table of addresses names."""

    organisation: Organisation
    word: str
    ids: dict[object, object]

    def address(self, name: str) -> str:
        """The address of that name which leads to what the organisation has."""
        ids = self.ids
        if "version" in ARGUMENTS.get(name, {}).values():
            ids = {**ids, "version": self._version()}
        values = {key: ids.get(value, value) for key, value in ARGUMENTS.get(name, {}).items()}
        query = QUERIES.get(name, "").replace("FLOW", str(ids["flow"])).replace("CAPTURED", str(ids["captured"]))
        return reverse(name, kwargs=values) + query

    def assert_untouched(self) -> None:
        """Nobody has asked for a sync, switched autosync on, reset the password or changed rules."""
        export = UserFlowExport.objects.get(organisation=self.organisation)
        assert not export.runs.exists()
        assert not export.autosync
        assert not self.organisation.session_edits.exists()
        assert self.organisation.deletions.count() == 1
        assert [one.accepted_at for one in self.organisation.export_targets.all()] == [None]
        assert [one.exports.count() for one in self.organisation.mirrors.all()] == [0]
        source = Source.objects.get(organisation=self.organisation)
        assert (source.rules_revision, source.column_rules.count(), source.masking_runs.count()) == (0, 0, 0)
        assert source.verifications.count() == 1
        assert (source.status, source.tasks.count()) == ("new", 1)
        assert [draft.outcome for draft in self.organisation.source_drafts.all()] == ["done"]
        assert not TableDisplay.objects.filter(source=source).exists()
        assert (source.retention_rules.count(), source.retention_runs.count()) == (0, 0)
        assert [(one.pk, one.state) for one in source.erasures.all()] == [(self.ids["erasure"], "counted")]
        kept = SavedQuestion.objects.filter(organisation=self.organisation, owner=None)
        assert [(one.pk, one.name) for one in kept] == [(self.ids["question"], self.word)]
        assert [alert.pk for alert in self.organisation.alerts.all()] == [self.ids["alert"]]
        assert Replica.objects.get(organisation=self.organisation).credentials_reset_at is None
        assert not self.organisation.baselines.exists()
        self.organisation.refresh_from_db()
        assert not self.organisation.requires_second_factor
        colleague = self.organisation.memberships.get(user__username=self.word)
        assert (colleague.role, colleague.user.is_active) == ("manager", True)
        assert [one.pk for one in colleague.invitations.all()] == [self.ids["invitation"]]
        assert [note.text for note in Note.objects.filter(organisation=self.organisation)] == [self.word]
        [endpoint] = self.organisation.endpoints.all()
        assert (endpoint.paused, endpoint.secret_before) == (False, "")
        assert [(one.pk, one.state) for one in endpoint.deliveries.all()] == [(self.ids["delivery"], "given_up")]

    def _version(self) -> str:
        """The version of the flame graph's blocks, which are on disk from now on as after a visit."""
        alias = alias_for(self.organisation)
        profile = profile_for(self.organisation, alias, str(self.ids["captured"]))
        profile.blocks()
        return profile.version


def give(organisation: Organisation, captured: Captured, replica_url: str) -> Holdings:
    """One thing of every kind; `replica_url` is the replica that holds the captured session."""
    slug = organisation.slug
    replica = Replica.objects.create(
        organisation=organisation,
        database=captured.word,
        login_role=slug,
        owner_url=replica_url,
        reader_url=replica_url,
    )
    FlowReading.objects.create(replica=replica, read_at=NOON, flows=1)
    remembered = {"user_flow_id": captured.flow, "last_session_id": captured.session, "last_at": NOON}
    replica.flow_trends.create(name=captured.word, last_name=captured.word, sessions=1, durations=[1000], **remembered)
    export = UserFlowExport.objects.create(organisation=organisation, name=captured.word, user_flow_id=captured.flow)
    Deletion.objects.create(organisation=organisation, kind="flow", subject="gone", name=captured.word)
    target = Target.objects.create(organisation=organisation, name=captured.word, place=captured.word, added_by="ann")
    mirror = Mirror.objects.create(organisation=organisation, name=captured.word, place=captured.word, added_by="ann")
    source = make_source(organisation, captured.word)
    session = make_session(source, actor_full_name=captured.word, actor_avatar=make_avatar(captured.word))
    action = make_action(session, url=f"/{captured.word}/")
    make_action(None, transaction=make_transaction(source, kind="migration"), url=f"/{captured.word}/migrate/")
    active = make_session(source, "active", timezone.now(), actor_id=captured.word, actor_full_name=captured.word)
    make_action(active, timezone.now(), url=f"/{captured.word}/")
    Note.objects.create(organisation=organisation, text=captured.word, written_by="ann", written_at=NOON)
    UnreadAnnotation.objects.create(source=source, at=NOON, commit_lsn=1, reason=captured.word, content="{}")
    relation = make_relation(source)
    change = make_change(action.transaction, relation, "U", old=row(), new=row(status=captured.word))
    give_reference(source, captured.word)
    while count_part(source.pk):
        pass
    screenshots.keep(organisation, captured.session, [(100.0, PICTURE + captured.word.encode())])
    erasure = Erasure.objects.create(
        source=source, kind="record", state="counted", wanted=Wanted(key='["7"]').as_json(), reason=captured.word
    )
    give_verification(source, captured.word)
    delivery = give_delivery(organisation, captured.word)
    draft = SourceDraft.objects.create(
        organisation=organisation, name=captured.word, place=captured.word, person_id=1, outcome="done"
    )
    task = SourceTask.objects.create(
        organisation=organisation, source=source, source_name=captured.word, kind="remove", outcome="failed"
    )
    for hours in range(12):
        at = NOON + timedelta(hours=hours)
        DiskMeasure.objects.create(organisation=organisation, kind="replica", name=captured.word, at=at, used=hours)
    DiskPart.objects.create(
        organisation=organisation, kind="table", name=captured.word, subject=source.pk, at=NOON, bytes=1, rows=1
    )
    question = SavedQuestion.objects.create(
        organisation=organisation, asked="changes", name=captured.word, line="kind:delete"
    )
    alert = organisation.alerts.create(question=question, reached=change.pk)
    alert.findings.create(count=1, changes=[change.pk], since=NOON, until=NOON)
    colleague, invitation = give_people(organisation, captured.word)
    ids: dict[object, object] = {
        "membership": colleague.pk,
        "invitation": invitation.pk,
        "saved_sql": organisation.saved_sql.create(owner=None, name=captured.word, text="SELECT 1").pk,
        "erasure": erasure.pk,
        "question": question.pk,
        "alert": alert.pk,
        "endpoint": delivery.endpoint_id,
        "delivery": delivery.pk,
        "draft": draft.pk,
        "source_task": task.pk,
        "audited": session.pk,
        "action": action.pk,
        "change": change.pk,
        "transaction": change.transaction_id,
        "source": source.pk,
        "export": export.pk,
        "target": target.pk,
        "mirror": mirror.pk,
        "flow": captured.flow,
        "captured": captured.session,
    }
    return Holdings(organisation, captured.word, ids)


def give_people(organisation: Organisation, word: str) -> tuple[Membership, Invitation]:
    """Another manager, and an invitation of theirs."""
    colleague = organisation.memberships.create(user=User.objects.create_user(word), role=Membership.Role.MANAGER)
    digest = sha256(word.encode()).hexdigest()
    invitation = colleague.invitations.create(
        digest=digest, role="reader", email=f"{word}@example.com", expires_at=timezone.now() + timedelta(days=7)
    )
    return colleague, invitation


def give_reference(source: Source, word: str) -> None:
    """A row that was found when its table was read, and refers to order 7."""
    columns = [{"name": "id", "type": "text", "key": True}, {"name": "order_id", "type": "bigint", "key": False}]
    lines = make_relation(source, "line", oid=1001, columns=columns)
    lines.table.foreign_keys = [{"columns": ["order_id"], "table": ["public", "orders"], "to": ["id"]}]
    lines.table.save()
    make_change(make_transaction(source, kind="baseline"), lines, "B", word, new={"id": word, "order_id": "7"})


def give_delivery(organisation: Organisation, word: str) -> Delivery:
    """One to an endpoint, that was given up."""
    url = f"https://hooks.example.com/{word}"
    endpoint = Endpoint.objects.create(organisation=organisation, name=word, url=url, host="hooks.example.com")
    delivery = Delivery.objects.create(
        organisation=organisation,
        endpoint=endpoint,
        by_mail=False,
        to=word,
        key=word,
        event="test",
        subject=word,
        body="{}",
        state=Delivery.State.GIVEN_UP,
        attempts=9,
        finished_at=NOON,
    )
    Attempt.objects.create(delivery=delivery, ended_at=NOON, status=500, answer=word, error="It was not taken.")
    return delivery


def give_verification(source: Source, word: str) -> None:
    """One that somebody asked for, in which a row differed."""
    run = Verification.objects.create(
        source=source,
        outcome=Verification.Outcome.DIFFERENT,
        requested_by=word,
        finished_at=NOON,
        tables=1,
        tables_done=1,
        rows=2,
        differences=1,
        chain_findings=1,
        chain_words=word,
    )
    table = VerifiedTable.objects.create(verification=run, schema_name="public", table_name=word, rows=2, differences=1)
    RowDifference.objects.create(table=table, kind=RowDifference.Kind.VALUE, record_key='["7"]', columns=[word])
