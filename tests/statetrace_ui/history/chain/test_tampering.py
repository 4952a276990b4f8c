"""Somebody alters what is stored, by SQL, and does not have the key: each alteration is found, and named."""

import pytest
from django.db import connection

from statetrace_ui.history.chain import verify
from statetrace_ui.history.chain.heads import head_lines, read_heads
from statetrace_ui.history.models import ChainLink, Source
from statetrace_ui.history.store import store
from tests.statetrace_ui.history.chain.conftest import walked
from tests.statetrace_ui.history.test_store import commit, insert

OF_KEY = "(SELECT id FROM history_change WHERE record_key = '[\"{}\"]')"
COPY_CHANGE = """
INSERT INTO history_change (id, source_id, transaction_id, relation_id, table_id, kind, baseline, record_key,
                            old_record_key, old, new, old_absent, new_absent, cut)
SELECT {}, source_id, transaction_id, relation_id, table_id, kind, baseline, record_key, old_record_key, old, new,
       old_absent, new_absent, cut FROM history_change WHERE id = {}
"""
SWAP = """
UPDATE history_change AS one SET record_key = other.record_key, new = other.new FROM history_change AS other
WHERE one.id IN ({0}, {1}) AND other.id IN ({0}, {1}) AND one.id <> other.id
"""
# What is altered, and the beginning of the sentence of each finding.
CASES = {
    "a value": ["UPDATE history_change SET new = '{12,y}' WHERE record_key = '[\"12\"]'", "Changes, ids"],
    "a value of a snapshot": ["UPDATE history_change SET new = '{1,y}' WHERE record_key = '[\"1\"]'", "Snapshot rows"],
    "a null for an absent value": ["UPDATE history_change SET new_absent = '{2}' WHERE kind = 'I'", *["Changes"] * 3],
    "a key": ["UPDATE history_change SET record_key = '[\"99\"]' WHERE record_key = '[\"15\"]'", "Changes"],
    "the transaction of a change": [
        f"UPDATE history_change SET transaction_id = 1 WHERE id = {OF_KEY}".format(12),
        "Changes",
    ],
    "two rows swapped": [SWAP.format(OF_KEY.format(12), OF_KEY.format(13)), "Changes"],
    "two rows swapped over flushes": [SWAP.format(OF_KEY.format(12), OF_KEY.format(14)), "Changes", "Changes"],
    "a row removed": [f"DELETE FROM history_change WHERE id = {OF_KEY}".format(13), "Changes"],
    "a row put in at the end": [
        COPY_CHANGE.format("(SELECT max(id) + 500 FROM history_change)", OF_KEY.format(15)),
        "Changes, id ",
    ],
    "a removed row put back": [
        COPY_CHANGE.format("(SELECT row_id FROM history_rownote WHERE section = 'c')", OF_KEY.format(15)),
        "Changes, id",
    ],
    "a whole flush in the middle": [f"DELETE FROM history_change WHERE id = {OF_KEY}".format(14), "Changes"],
    "all changes": ["DELETE FROM history_change", "Changes", "Snapshot rows", "Changes", "Changes", "Changes"],
    "a time": ["UPDATE history_transaction SET committed_at = committed_at - interval '1 day' WHERE xid = 4", "Trans"],
    "an infinite time": ["UPDATE history_transaction SET committed_at = 'infinity' WHERE xid = 4", "Transactions"],
    "a position": ["UPDATE history_transaction SET commit_lsn = commit_lsn + 1 WHERE xid = 4", "Transactions"],
    "a transaction removed": ["DELETE FROM history_transaction WHERE xid = 6", "Transactions"],
    "a transaction put in before all": [
        "INSERT INTO history_transaction (id, source_id, kind, commit_lsn, end_lsn, committed_at, change_count)"
        " SELECT -5, source_id, kind, 3, 4, committed_at, 0 FROM history_transaction WHERE xid = 4",
        "Transactions, ids",
    ],
    "an address": ["UPDATE history_action SET url = '/refund' WHERE key = 'a'", "Actions"],
    "how long it took": ["UPDATE history_action SET length_ms = 1.5000000000000002 WHERE key = 'a'", "Actions"],
    "the session of an action": ["UPDATE history_action SET session_id = NULL WHERE key = 'a'", "Actions"],
    "an action removed": ["DELETE FROM history_action WHERE key = 'b'", "Actions"],
    "an actor": ["UPDATE history_session SET actor_full_name = 'Eve' WHERE key = 's'", "Sessions"],
    "later announcements": ["UPDATE history_session SET later_count = 1 WHERE key = 's'", "Sessions"],
    "a session's key": ["UPDATE history_session SET key = 'x' WHERE key = 'later'", "Sessions"],
    "a session put in": [
        "INSERT INTO history_session (source_id, key, actor_id, actor_full_name, actor_email, actor_avatar,"
        " client_user_agent, application_id, application_type, announced, started_at, last_at, action_count,"
        " change_count) SELECT source_id, 'new', '', '', '', '', '', '', '', false, now(), now(), 0, 0"
        " FROM history_session WHERE key = 's'",
        "Sessions",
    ],
    "names of columns": [
        "UPDATE history_relation SET columns = jsonb_build_array(columns -> 1, columns -> 0) WHERE table_name = 'item'",
        "Tables' shapes",
    ],
    "the name of a table": [
        "UPDATE history_table SET table_name = 'other' WHERE table_name = 'item'",
        "Tables' shapes",
    ],
    "a shape removed": ["DELETE FROM history_relation WHERE table_name = 'item'", "Tables' shapes"],
    "the digest of a removed row": [
        "UPDATE history_rownote SET before = sha256('x') WHERE section = 'c'",
        "The notes of link 6 are not as written: altered",
        "Changes",
    ],
    "the note of a removed row": [
        "DELETE FROM history_rownote WHERE section = 'c'",
        "The notes of link 6 are not as written: 1 were written, and 0",
        "Changes",
    ],
    "a removal made up": [
        "WITH gone AS (DELETE FROM history_change WHERE record_key = '[\"14\"]' RETURNING *)"
        " INSERT INTO history_rownote (source_id, section, row_id, link, before)"
        " SELECT source_id, 'c', id, 6, sha256('what it was') FROM gone",
        "The notes of link 6",
        "Changes",
    ],
    "a note of no link": [
        "INSERT INTO history_rownote (source_id, section, row_id, link, before)"
        " SELECT id, 'c', 5000, 99, '' FROM history_source",
        "1 notes belong to no link",
    ],
    "a link's root": ["UPDATE history_chainlink SET changes_root = sha256('x') WHERE number = 4", "Link 4", "Changes"],
    "a link's time": ["UPDATE history_chainlink SET at = at + 1 WHERE number = 4", "Link 4"],
    "a link's reason": ["UPDATE history_chainlink SET reason = 'erasure' WHERE number = 6", "Link 6"],
    "a link in the middle": [
        "DELETE FROM history_chainlink WHERE number = 4",
        "Link 4 is missing",
        *["Changes", "Trans", "Actions"],
    ],
    "the last link": ["DELETE FROM history_chainlink WHERE number = 6", "The chain ends at link 5", "1 notes belong"],
    "all links": ["DELETE FROM history_chainlink", "All links of the chain are gone"],
    "the key": ["DELETE FROM history_chainkey", "The source has no chain"],
    "where the chain ends": ["UPDATE history_chainkey SET head_seal = ''", "The chain ends at link 6"],
}


def test_a_history_that_nobody_touched_is_clean(kept: Source) -> None:
    found = walked(kept)
    assert [finding.sentence for finding in found.findings] == []
    assert (found.links, found.clean, found.removed) == (6, True, {"retention": 1})
    assert found.head[0] == 6


@pytest.mark.parametrize("case", CASES)
def test_what_is_altered_is_found_and_named(kept: Source, case: str) -> None:
    statement, *expected = CASES[case]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET session_replication_role = replica")  # who tampers does not ask foreign keys
        cursor.execute(statement)
        assert cursor.rowcount > 0
    found = walked(kept)
    assert not found.clean
    sentences = [finding.sentence for finding in found.findings]
    for beginning in expected:
        assert [sentence for sentence in sentences if sentence.startswith(beginning)], sentences
    assert len(sentences) >= len(expected)


@pytest.mark.django_db(transaction=True)
def test_windows_that_are_checked_at_once_find_the_same(kept: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE history_change SET new = '{12,y}' WHERE record_key IN ('[\"1\"]', '[\"12\"]', '[\"14\"]')"
        )
        cursor.execute("UPDATE history_chainlink SET reason = 'erasure' WHERE number = 6")
    together = walked(kept)
    monkeypatch.setattr(verify, "MOST_LINKS", 1)
    apart = walked(kept)
    assert len(together.findings) == 4
    assert {finding.sentence for finding in apart.findings} == {finding.sentence for finding in together.findings}
    assert (apart.links, apart.rows, apart.head) == (together.links, together.rows, together.head)


def test_links_and_rows_cut_off_the_end_stay_missing_when_capture_goes_on(kept: Source) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM history_rownote WHERE link >= 5")
        cursor.execute("DELETE FROM history_chainlink WHERE number >= 5")
        cursor.execute("DELETE FROM history_change WHERE record_key IN ('[\"15\"]', '[\"16\"]')")
        cursor.execute("DELETE FROM history_transaction WHERE xid IN (5, 6)")
    assert "links were cut off" in walked(kept).findings[0].sentence
    store(kept, [commit(7, insert(17)), commit(8, insert(18))])
    assert any("Links 5 to 7 are missing" in finding.sentence for finding in walked(kept).findings)


def test_a_chain_that_was_deleted_does_not_begin_anew_unnoticed(kept: Source) -> None:
    with connection.cursor() as cursor:
        for table in ("rownote", "chainlink", "chainkey"):
            cursor.execute(f"DELETE FROM history_{table}")
    store(kept, [commit(7, insert(17))])
    [finding] = [f for f in walked(kept).findings if "older than the chain" in f.sentence]
    assert finding.link == 1


def test_a_history_put_back_to_an_earlier_state_lacks_the_head_that_was_kept(kept: Source) -> None:
    """All of it: whoever does so needs no key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT head_number, head_seal FROM history_chainkey")
        earlier = cursor.fetchone()
    store(kept, [commit(7, insert(17))])
    heads = read_heads("\n".join(head_lines([kept])), kept.pk)
    assert walked(kept, heads).clean
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM history_chainlink WHERE number = 7")
        cursor.execute("DELETE FROM history_change WHERE record_key = '[\"17\"]'")
        cursor.execute("DELETE FROM history_transaction WHERE xid = 7")
        cursor.execute("UPDATE history_chainkey SET head_number = %s, head_seal = %s", earlier)
    assert walked(kept).clean
    [finding] = walked(kept, heads).findings
    assert "before the exported head 7" in finding.sentence


def test_a_chain_that_was_made_anew_with_the_key_lacks_the_head_that_was_kept(kept: Source) -> None:
    heads = read_heads("\n".join(head_lines([kept])), kept.pk)
    ChainLink.objects.filter(number=6).update(digest=b"made anew")
    sentences = [finding.sentence for finding in walked(kept, heads).findings]
    assert "Link 6 is another than the head that was exported." in sentences
