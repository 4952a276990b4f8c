"""Bytes of an audited database as text. Pure.

A database in SQL_ASCII may hold bytes that are not UTF-8; they must not stop the stream, and none of them may be lost.
Each such byte becomes U+FFFD and two hexadecimal digits. A U+FFFD of the database itself that would read like one is
written in the same way, so the text says exactly which bytes there were: `encoded` gives them back.
"""

import codecs
import re

_SIGN = "\N{REPLACEMENT CHARACTER}"
_LOOKS_LIKE_A_BYTE = re.compile("\N{REPLACEMENT CHARACTER}(?=[0-9a-f]{2})".encode())
_SIGN_IN_BYTES = "".join(f"{_SIGN}{byte:02x}" for byte in _SIGN.encode()).encode()
_BYTE = re.compile(f"{_SIGN}([0-9a-f]{{2}})")
# Where it is not in the data, which is nearly always, it is found to be missing at the speed of memory.
_SIGN_BYTES = _SIGN.encode()


def _keep(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(f"{_SIGN}{byte:02x}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("statetrace_keep", _keep)


def decoded(data: bytes) -> str:
    """The text; any bytes whatever have one, and different bytes have different texts."""
    if _SIGN_BYTES in data:
        data = _LOOKS_LIKE_A_BYTE.sub(_SIGN_IN_BYTES, data)
    return data.decode("utf-8", "statetrace_keep")


def encoded(text: str) -> bytes:
    """The bytes of which `decoded` made the text."""
    parts = _BYTE.split(text)
    return b"".join(bytes.fromhex(part) if number % 2 else part.encode() for number, part in enumerate(parts))
