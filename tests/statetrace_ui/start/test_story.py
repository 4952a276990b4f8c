"""The sample's invented past, without a database: files that importers take, and a history that can be played."""

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest

from replica.importing.detect import read_file
from statetrace_ui.start.sample import captured, history
from statetrace_ui.start.sample.story import FAST, RUNS, SLOW, Run, runs
from statetrace_ui.wal.records import Row, Transaction

OWN = UUID("12345678-1234-4234-8234-123456789abc")
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
TOLD = runs(OWN, NOW)


def test_the_past_is_the_same_each_time_and_ends_before_now() -> None:
    assert runs(OWN, NOW) == TOLD
    assert [run.build for run in TOLD] == [FAST] * RUNS + [SLOW] * RUNS
    assert max(one.committed_at for one in history.transactions(OWN, TOLD)) < NOW


def test_another_sample_has_other_ids() -> None:
    other = runs(UUID(int=7), NOW)
    assert not {run.session for run in other} & {run.session for run in TOLD}


@pytest.mark.parametrize("run", [TOLD[0], TOLD[-1]], ids=lambda run: run.build)
def test_files_are_read_by_the_importers(run: Run, tmp_path: Path) -> None:
    for name, text in captured.files(run).items():
        (tmp_path / name).write_text(text)
    read = {name: read_file(tmp_path / name).bundles[0] for name in captured.files(run)}
    assert len(read["labels.json"].labels) == len(run.steps)
    assert len(read["session.har"].exchanges) == len(run.steps)
    assert read["series.csv"].series
    profile = read["profile.cpuprofile"].profile
    assert profile is not None
    called = {(method.raw_name or "").split()[0] for method in profile.methods}
    assert (captured.SLOW_LEAF in called) == (run.build == SLOW)


def test_positions_of_transactions_grow() -> None:
    told = [history.baseline(TOLD[0].start), *history.transactions(OWN, TOLD)]
    ends = [one.end_lsn for one in told]
    assert ends == sorted(set(ends))
    assert [one.committed_at for one in told[1:]] == sorted(one.committed_at for one in told[1:])


def test_each_change_goes_on_where_the_record_was() -> None:
    known: dict[tuple[str, str], Row] = {}
    for one in [history.baseline(TOLD[0].start), *history.transactions(OWN, TOLD)]:
        for change in one.changes:
            place = (change.relation.table_name, change.record_key)
            assert change.old is None or change.old == known[place]
            if change.new is not None:
                known[place] = change.new


def test_one_change_bypassed_the_shop() -> None:
    bare = [one for one in history.transactions(OWN, TOLD) if not _annotated(one)]
    [[change]] = [list(one.changes) for one in bare]
    assert change.relation.table_name == "lamp_order"
    assert change.new is not None
    assert change.new["status"] == "refunded"


def _annotated(transaction: Transaction) -> bool:
    return any(change.relation == history.ANNOTATIONS for change in transaction.changes)
