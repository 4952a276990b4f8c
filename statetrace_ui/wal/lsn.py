"""Positions in PostgreSQL's write-ahead log (LSNs): a number here, a text such as 16/B374D848 at the server. Pure."""


def format_lsn(lsn: int) -> str:
    """The position as PostgreSQL writes it: two hexadecimal halves."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


def parse_lsn(text: str) -> int:
    """Raises ValueError."""
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)
