"""Erases what the security log says of a person, or of a record at which somebody looked and whose key goes."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from statetrace_ui.accounts import security_log
from statetrace_ui.history.change_rows import record_label
from statetrace_ui.history.erasure.wanted import Wanted
from statetrace_ui.history.erasure.words import REPLACEMENT, like_escaped
from statetrace_ui.history.models import ErasedRecord, Erasure, Table

AT_ONCE = 200


def erase(erasure: Erasure, wanted: Wanted, erases: bool) -> int:
    """Returns how many entries it concerns."""
    organisation, count = erasure.source.organisation, 0
    if wanted.words:
        count += security_log.replace_words(organisation, wanted.words.likes, wanted.words.without, erases)
    endings = _endings(erasure, wanted)
    while some := list(islice(endings, AT_ONCE)):
        likes = [f"{like_escaped(erasure.source.name)}: %{like_escaped(ending)}" for ending in some]
        count += security_log.replace_words(organisation, likes, partial(_without, some), erases)
    return count


def _endings(erasure: Erasure, wanted: Wanted) -> Iterator[str]:
    """How `looks` ends what it notes of each record whose key goes: `customer ada@example.com`."""
    names = dict(Table.objects.filter(source=erasure.source_id).values_list("pk", "table_name"))
    for record in ErasedRecord.objects.filter(erasure=erasure).exclude(key="").iterator():
        if wanted.is_in_key(record.key) and not wanted.words.occur(record.key):
            yield f"{names.get(record.table_id, '')} {record_label(record.key)}"


def _without(endings: Sequence[str], subject: str) -> str:
    for ending in endings:
        if subject.endswith(ending):
            name = ending.partition(" ")[0]
            return f"{subject[: -len(ending)]}{name} {REPLACEMENT}"
    return subject
