"""Signs webhooks as Standard Webhooks 1 says (docs/webhooks.md), so that its libraries verify them. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"


def signatures(secrets: Iterable[str], uid: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`: one signature for each secret, apart by blanks."""
    signed = f"{uid}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets)


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
