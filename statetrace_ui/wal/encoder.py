"""Messages of inserts, updates and deletes → lines, with no object for a row or a change in between. Pure.

Such messages make up the bulk of a stream. Whatever is not plain gets no line here: the decoder and `row_change` then
make a change of it, and `lines.line_of` its line. Both ways write the same bytes.
"""

import re
import struct
from typing import cast

from statetrace_ui.wal import row_limit
from statetrace_ui.wal.records import MOST_KEY_BYTES, Relation

# A longer message may hold values that must be cut.
MOST_BYTES = 1_000_000
_LENGTH = struct.Struct("!i").unpack_from
_COUNT = struct.Struct("!h").unpack_from
_INSERT, _UPDATE = b"IU"
_NULL, _TEXT = b"nt"
_SHORT_TEXT = b"t\0\0\0"  # of less than 256 bytes
_NEW, _KEY, _WHOLE = b"NKO"
# U+FFFD may look like a byte that was no UTF-8; `text.decoded` tells them apart.
_SIGN = "\N{REPLACEMENT CHARACTER}".encode()
# What a byte means to an array and to COPY: a value of plain bytes is written as it is, unless it is empty or NULL.
_PLAIN, _QUOTED, _ESCAPED = b"pqe"
_MEANING = bytes(
    _ESCAPED if byte in b'"\\\b\t\n\v\f\r' else _QUOTED if byte in b" {}," else _PLAIN for byte in range(256)
)
# An array escapes `"` and `\`. COPY escapes the latter again, and control characters.
_ESCAPES = (
    (b"\\", b"\\\\\\\\"),
    (b'"', b'\\\\"'),
    *((b"%c" % byte, b"\\%c" % letter) for byte, letter in zip(b"\b\t\n\v\f\r", b"btnvfr", strict=True)),
)
_NEEDS_QUOTES = re.compile(rb'[\t\n\v\f\r "\\{},]').search
# JSON and COPY write such a key as it is.
_PLAIN_KEY = re.compile(rb'[^\x00-\x1f"\\]*').fullmatch

Values = list[bytes | None]


class _Items(dict[bytes | None, bytes]):
    """Values as items of an array, as COPY writes them. Columns repeat values, so those met last are remembered."""

    MOST, LONGEST = 5_000, 64

    def __missing__(self, value: bytes) -> bytes:
        item = _item(value)
        if len(value) <= self.LONGEST:
            if len(self) >= self.MOST:
                self.clear()
                self[None] = b"NULL"
            self[value] = item
        return item


_items = _Items({None: b"NULL"})


class Encoder:
    """Makes lines of one relation's messages, by the rules of its columns."""

    def __init__(self, relation: Relation) -> None:
        self.relation = relation
        self._columns = len(relation.columns)
        self._key = [place for place, column in enumerate(relation.columns) if column.key]
        self._only_key = self._key[0] if len(self._key) == 1 else None
        self._beside = [place for place, column in enumerate(relation.columns) if not column.key]
        masker = relation.masker
        rules = enumerate(relation.columns) if masker else ()
        self._ruled = [(place, column.rule == "mask") for place, column in rules if column.rule != "keep"]
        self._mask = masker.mask if masker else str
        # What an old tuple that holds the key alone does not tell, although no rule excludes it.
        beside = [place for place in self._beside if relation.columns[place].rule != "exclude"]
        self._absent = b"{%b}" % b",".join(b"%d" % (place + 1) for place in beside) if beside else b"\\N"
        self._fits = bool(relation.stored and relation.columns)

    def line(self, kind: int, data: bytes | memoryview) -> bytes | None:
        """The line of the message; None if the message is not plain, or not understood.

        kind: the message's first byte, which `data` may have another byte in place of.
        """
        most = min(MOST_BYTES, row_limit.MOST_CHARACTERS)
        if not self._fits or len(data) > most or not isinstance(data, bytes) or _is_odd(data):
            return None
        try:
            if kind == _INSERT:
                line = self._insert(data)
            else:
                line = self._update(data) if kind == _UPDATE else self._delete(data)
            if line and not line.isascii():
                line.decode()
            return line
        except (IndexError, struct.error, UnicodeDecodeError):
            return None

    def _insert(self, data: bytes) -> bytes | None:
        new, end = self._values(data, 6)
        if new is None or end != len(data):
            return None
        key = self._record_key(new)
        if key is None:
            return None
        return b"I\tf\t%b\t\t\\N\t{%b}\t\\N\t\\N\t\\N\n" % (key, _array(new))

    def _update(self, data: bytes) -> bytes | None:
        old_kind, at = data[5], 6
        old: Values | None = None
        if old_kind != _NEW:
            old, at = self._values(data, 6)
            at += 1
            if old is None:
                return None
        new, end = self._values(data, at)
        if new is None or end != len(data):
            return None
        after = self._record_key(new)
        if after is None:
            return None
        if old is None:
            return b"U\tf\t%b\t\t\\N\t{%b}\t\\N\t\\N\t\\N\n" % (after, _array(new))
        return self._update_with_old(old_kind, old, new, after)

    def _update_with_old(self, old_kind: int, old: Values, new: Values, after: bytes) -> bytes | None:
        before, absent = self._record_key(old), self._absent_of(old_kind, old)
        if before is None or absent is None:
            return None
        former = before if after and before != after else b""
        places = (after or before, former, _array(old), _array(new), absent)
        return b"U\tf\t%b\t%b\t{%b}\t{%b}\t%b\t\\N\t\\N\n" % places

    def _delete(self, data: bytes) -> bytes | None:
        old, end = self._values(data, 6)
        if old is None or end != len(data):
            return None
        key, absent = self._record_key(old), self._absent_of(data[5], old)
        if key is None or absent is None:
            return None
        return b"D\tf\t%b\t\t{%b}\t\\N\t%b\t\\N\t\\N\n" % (key, _array(old), absent)

    def _absent_of(self, kind: int, old: Values) -> bytes | None:
        """The places that an old tuple does not tell."""
        if kind == _WHOLE:
            return b"\\N"
        return self._absent if kind == _KEY and all(old[place] is None for place in self._beside) else None

    def _values(self, data: bytes, at: int) -> tuple[Values | None, int]:
        """The tuple at a place, and the place after it."""
        if _COUNT(data, at)[0] != self._columns:
            return None, at
        at += 2
        values: Values = []
        for _ in range(self._columns):
            if data[at : at + 4] == _SHORT_TEXT:
                start = at + 5
                at = start + data[at + 4]
            elif data[at] == _TEXT:
                start = at + 5
                at = start + _LENGTH(data, at + 1)[0]
            elif data[at] == _NULL:
                values.append(None)
                at += 1
                continue
            else:
                return None, at
            values.append(data[start:at])
        if self._ruled:
            self._rule(values)
        return values, at

    def _rule(self, values: Values) -> None:
        """As `records.ruled_row`. Values of this size are digested whole."""
        for place, masked in self._ruled:
            value = values[place]
            if value is not None:
                values[place] = self._mask(value.decode()).encode() if masked else None

    def _record_key(self, values: Values) -> bytes | None:
        """As `records.record_key` makes it; None if it is not plain."""
        if self._only_key is not None:  # as nearly always
            value = values[self._only_key]
            if value is None:
                return b""
            if len(value) < 100 and value.isalnum():
                return b'["%b"]' % value
        parts = [values[place] for place in self._key]
        if not parts or None in parts:
            return b""
        key = b'["%b"]' % b'","'.join(cast(list[bytes], parts))
        plain = all(part.isalnum() or _PLAIN_KEY(part) for part in cast(list[bytes], parts))
        return key if plain and len(key) <= MOST_KEY_BYTES else None


def _is_odd(data: bytes) -> bool:
    """Whether a value may be the word NULL, or hold a text that stands for bytes.

    Looking for one byte is much faster than for several.
    """
    return (0xEF in data and _SIGN in data) or (4 in data and b"\4null" in data.lower())


def _array(values: Values) -> bytes:
    """The items of the array as COPY writes them, without the braces around them."""
    return b",".join([_items[value] for value in values])


def _item(value: bytes) -> bytes:
    if value.isalnum():
        return value
    meanings = value.translate(_MEANING)
    if _ESCAPED not in meanings:
        return b'"%b"' % value if not value or _QUOTED in meanings else value
    quotes = _NEEDS_QUOTES(value)
    for plain, escaped in _ESCAPES:
        value = value.replace(plain, escaped)
    return b'"%b"' % value if quotes else value
