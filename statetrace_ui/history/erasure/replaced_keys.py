"""Recognises rows whose keys erasures replaced, as long as the audited table has them.

A digest of each such key is kept, under a secret of its source. Nothing leads from it to the changes of the record.
"""

from collections.abc import Iterable

from statetrace_ui.history.erasure.stand_ins import is_stand_in, stand_in
from statetrace_ui.history.models import Change, ErasedKey, ErasedKeySecret


def note(source_id: int, table_id: int | None, keys: Iterable[str]) -> None:
    """To be called in the transaction that replaces the keys, given as changes had them."""
    clear = sorted({key for key in keys if key and not is_stand_in(key)})
    if clear and table_id is not None:
        secret, _ = ErasedKeySecret.objects.get_or_create(source_id=source_id)
        ErasedKey.objects.bulk_create(
            [
                ErasedKey(source_id=source_id, table_id=table_id, digest=stand_in(secret.secret, table_id, key))
                for key in clear
            ],
            ignore_conflicts=True,
        )


class ReplacedKeys:
    """Those of one table."""

    def __init__(self, source_id: int, table_id: int) -> None:
        self._source_id, self._table_id = source_id, table_id
        found = ErasedKey.objects.filter(source=source_id, table_id=table_id)
        self._digests = set(found.values_list("digest", flat=True))
        self._secret = ErasedKeySecret.objects.get(source=source_id).secret if self._digests else ""

    def has(self, key: str) -> bool:
        """Whether the key was replaced, and history has known nothing under it since then."""
        if not self._digests or stand_in(self._secret, self._table_id, key) not in self._digests:
            return False
        of_table = Change.objects.filter(source=self._source_id, table_id=self._table_id)  # each way by its index
        return not (of_table.filter(record_key=key).exists() or of_table.filter(old_record_key=key).exists())
