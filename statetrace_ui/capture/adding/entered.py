"""The address of a database as somebody entered it, as one text or in parts: judged before anything is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from statetrace_ui.addresses import DEFAULT_PORT, EXAMPLE, PARTS, Address, BadAddress, parse
from statetrace_ui.capture.source_url import TAKEN


@dataclass(frozen=True)
class Entered:
    """url: to be kept, encrypted. place: what of it may be shown."""

    url: str
    place: str


def entered(whole: str, parts: Mapping[str, str], *, operator: bool) -> Entered:
    """The address in `whole`, else that in `parts`.

    operator: whether somebody entered it who may have this machine call any server, in any way. Raises BadAddress.
    """
    text = whole.strip() or _joined(parts)
    if operator:
        return Entered(text, _place_of_operators(text))
    address = parse(text)
    return Entered(address.url(), _place(address))


def _joined(parts: Mapping[str, str]) -> str:
    if missing := [name for name in ("host", "dbname", "user", "password") if not parts.get(name)]:
        words = {"host": "the host", "dbname": "the database", "user": "the role", "password": "its password"}
        raise BadAddress(f"Still missing: {', '.join(words[name] for name in missing)}.")
    given = {name: parts[name] for name in PARTS if parts.get(name)}
    return f"postgresql://?{urlencode(given, quote_via=quote, safe='')}"


def _place(address: Address) -> str:
    return f"{address.host}:{address.port}, database {address.database}, role {address.user}"


def _place_of_operators(text: str) -> str:
    """Raises BadAddress."""
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(text).items() if value is not None}
    except (ProgrammingError, UnicodeError):  # the driver's message quotes the address
        raise BadAddress(f"The address is not understood. It looks like {EXAMPLE}.") from None
    if others := sorted(parts.keys() - set(TAKEN)):
        raise BadAddress(f"The address must not hold {others[0]}: only {', '.join(TAKEN)} are taken.")
    for name in ("host", "dbname", "user", "password"):
        if not parts.get(name):
            raise BadAddress(f"The address must name the {name}: {EXAMPLE}.")
    port = parts.get("port") or str(DEFAULT_PORT)
    return f"{parts['host']}:{port}, database {parts['dbname']}, role {parts['user']}"
