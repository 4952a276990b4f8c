"""How an attempt at a delivery ended."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """status: of HTTP or SMTP; None if the server did not answer. answer: the beginning of what it said.

    error: why the message counts as not delivered; '' if it is delivered. Neither holds an address's path or a secret.
    """

    status: int | None
    answer: str = ""
    error: str = ""
