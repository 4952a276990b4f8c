"""Rows in memory, held against links: what of a section is found, and what is proven to be removed."""

from collections.abc import Iterable, Sequence

import hypothesis
from hypothesis import strategies as st

from statetrace_ui.history.chain.canonical import Dropped, Kind, Link, Note, Part, Section, root
from statetrace_ui.history.chain.canonical import digest as digest_of
from statetrace_ui.history.chain.judge import Finding, Placed, SectionWalk, check_states

CHANGES = Section.CHANGES
KEY = b"k" * 32
Rows = dict[int, bytes]


def line(number: int, text: str = "x") -> bytes:
    return f"{number}\t{text}\n".encode()


def digest(number: int, text: str = "x") -> bytes:
    return digest_of(KEY, line(number, text))


def stored(*flushes: Iterable[int]) -> tuple[list[Link], Rows]:
    """A link for each flush of rows with these ids, and the rows."""
    links: list[Link] = []
    rows: Rows = {}
    for number, flush in enumerate(flushes, start=1):
        lines = {row: line(row) for row in flush}
        part = Part(max(lines), len(lines), root(KEY, lines.values()))
        links.append(Link(1, number, Kind.ROWS, 0, (part, Part(), Part(), Part())))
        rows.update(lines)
    return links, rows


def walked(
    links: Sequence[Link],
    rows: Rows,
    notes: Sequence[Placed[Note]] = (),
    dropped: Sequence[Placed[Dropped]] = (),
) -> list[Finding]:
    in_order = [rows[number] for number in sorted(rows)]
    ordered = sorted(notes, key=lambda note: (note.said.row_id, note.link))
    walk = SectionWalk(KEY, CHANGES, in_order, ordered, dropped)
    return [*(finding for link in links for finding in walk.check(link)), *walk.rest()]


def note(link: int, row: int, before: bytes | None, after: bytes | None) -> Placed[Note]:
    return Placed(link, Note(CHANGES, row, before, after))


def test_rows_as_stored_are_clean() -> None:
    assert walked(*stored([1, 2, 3], [5], [9, 10])) == []


def test_a_value_two_rows_a_missing_row_and_a_new_row_are_found_at_their_link() -> None:
    links, rows = stored([1, 2, 3], [5], [9, 10])
    cases = {
        1: {**rows, 2: line(2, "y")},
        2: {number: text for number, text in rows.items() if number != 5},
        3: {**rows, 7: line(7)},
    }
    for link, tampered in cases.items():
        assert [finding.link for finding in walked(links, tampered)] == [link]
    swapped = {**rows, 1: line(1, "2"), 2: line(2, "1")}
    assert [finding.link for finding in walked(links, swapped)] == [1]


def test_many_rows_that_were_put_in_are_counted_and_not_kept() -> None:
    links, rows = stored([1], [1_000])
    added = {number: line(number) for number in range(2, 900)}
    [finding] = walked(links, {**rows, **added})
    assert "1 rows were stored, and 899 are there" in finding.sentence


def test_rows_after_the_last_link_and_the_loss_of_whole_flushes_are_found() -> None:
    links, rows = stored([1, 2], [3, 4], [5, 6])
    [beyond] = walked(links, {**rows, 8: line(8), 9: line(9)})
    assert (beyond.link, beyond.first, beyond.last) == (0, 8, 9)
    for link, gone in ((1, {1, 2}), (2, {3, 4}), (3, {5, 6})):
        left = {number: text for number, text in rows.items() if number not in gone}
        assert [finding.link for finding in walked(links, left)] == [link]
    assert [finding.link for finding in walked(links, {})] == [1, 2, 3]


def test_a_noted_removal_is_proven_and_another_beside_it_is_found() -> None:
    links, rows = stored([1, 2, 3])
    notes = [note(2, 2, digest(2), None)]
    left = {1: line(1), 3: line(3)}
    assert walked(links, left, notes) == []
    assert [finding.link for finding in walked(links, {1: line(1)}, notes)] == [1]
    [again] = walked(links, rows, notes)
    assert again.first == again.last == 2
    assert "there again" in again.sentence


def test_a_replaced_row_is_held_against_what_replaced_it() -> None:
    links, rows = stored([1, 2, 3])
    notes = [note(2, 2, digest(2), digest(2, "masked")), note(4, 2, digest(2, "masked"), digest(2, "erased"))]
    assert walked(links, {**rows, 2: line(2, "erased")}, notes) == []
    for text in ("masked", "x", "other"):
        [finding] = walked(links, {**rows, 2: line(2, text)}, notes)
        assert (finding.first, finding.link) == (2, 4)


def test_a_row_that_was_altered_before_it_was_noted_is_found() -> None:
    links, rows = stored([1, 2])
    notes = [note(2, 2, digest(2), digest(2, "masked")), note(3, 2, digest(2, "forged"), digest(2, "erased"))]
    [finding] = walked(links, {**rows, 2: line(2, "erased")}, notes)
    assert "before link 3" in finding.sentence


def test_a_row_that_was_added_apart_belongs_to_no_flush() -> None:
    links, rows = stored([1, 3], [7])
    notes = [note(3, 2, None, digest(2)), note(3, 9, None, digest(9))]
    assert walked(links, {**rows, 2: line(2), 9: line(9)}, notes) == []
    assert [finding.first for finding in walked(links, {**rows, 2: line(2)}, notes)] == [9]


def test_links_inside_a_dropped_range_need_no_notes_and_those_at_its_ends_do() -> None:
    links, rows = stored([1, 2], [3, 4], [5, 6], [7, 8])
    dropped = [Placed(5, Dropped(CHANGES, 2, 5))]
    left = {number: rows[number] for number in (1, 6, 7, 8)}
    notes = [note(5, 2, digest(2), None), note(5, 5, digest(5), None)]
    assert walked(links, left, notes, dropped) == []
    assert [finding.link for finding in walked(links, left, notes[:1], dropped)] == [3]
    [again] = walked(links, {**left, 4: line(4)}, notes, dropped)
    assert (again.first, again.link) == (4, 5)


def test_states_without_a_note_and_states_that_differ_are_found() -> None:
    notes = [note(1, 1, None, digest(1, "a")), note(2, 1, digest(1, "a"), digest(1, "b"))]
    assert list(check_states(KEY, Section.SESSIONS, [line(1, "b")], notes)) == []
    for lines in ([], [line(1, "a")], [line(1, "b"), line(2)]):
        assert len(list(check_states(KEY, Section.SESSIONS, lines, notes))) == 1
    assert list(check_states(KEY, Section.SESSIONS, [line(1, "b"), line(2)], notes, unnoted=True)) == []


FLUSHES = st.lists(st.integers(1, 5), min_size=1, max_size=8)


@hypothesis.given(FLUSHES, st.data())
def test_whatever_is_altered_is_found_unless_it_is_noted(sizes: list[int], data: st.DataObject) -> None:
    ids = iter(range(1, 100))
    links, rows = stored(*([next(ids) for _ in range(size)] for size in sizes))
    touched = data.draw(st.sets(st.sampled_from(sorted(rows)), min_size=1))
    texts = {row: data.draw(st.sampled_from([None, line(row, "y")])) for row in touched}
    left = {**rows, **{row: text for row, text in texts.items() if text}}
    for row in (row for row, text in texts.items() if text is None):
        del left[row]
    notes = [note(99, row, digest(row), digest_of(KEY, text) if text else None) for row, text in texts.items()]
    assert walked(links, left, notes) == []
    assert walked(links, left, notes[1:])
    assert walked(links, left)
