"""Names under which programs keep secrets, be it a column, a query parameter or a header. Pure."""

import re

# Anywhere in a name: none of these stands in an ordinary word.
PARTS = (
    "accesskey",
    "apikey",
    "authorization",
    "credential",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "sessionid",
    "sessionkey",
    "signature",
    "token",
)
# Only as a word of their own: `basalt` and `hotplug` are no secrets.
WORDS = {"jwt", "otp", "pwd", "salt", "totp"}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def is_secret_name(name: str) -> bool:
    """Whether a value of that name is likely a secret: `user_password`, `X-API-Key`, `sessionKey`, `otp`."""
    letters = re.sub(r"[^a-z0-9]", "", name.lower())
    return any(part in letters for part in PARTS) or not WORDS.isdisjoint(words(name))


def words(name: str) -> list[str]:
    """`userSalt`, `USER_SALT` and `user-salt` → `user`, `salt`"""
    return [word.lower() for word in WORD.findall(name)]
