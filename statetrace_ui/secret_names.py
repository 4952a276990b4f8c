"""Recognises names of columns and parameters that hold secrets: `password_hash`, `apiKey`, `token`. Pure.

A name is judged by its words. The last says what the value is: `access_token` is a token, `token_count` is a count.
"""

import re

BETWEEN_WORDS = re.compile(r"[\W\d_]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_words(name: str) -> list[str]:
    """`apiKey`, `API_KEY` and `api-key2` as ["api", "key"]: the words in lower case, without digits."""
    return [word.lower() for word in BETWEEN_WORDS.split(name) if word]


# A name that ends in one of these, as a word of its own or as the end of a word: `csrfmiddlewaretoken`.
ENDINGS = tuple(
    split_words(
        "password passwords passwd passphrase token tokens secret secrets"
        " apikey secretkey privatekey sessionkey sessionid sessid"
    )
)
# These only as words of their own: `basalt` is no salt.
SECRET_WORDS = set(split_words("pwd passcode otp totp hotp salt credential credentials authorization jwt cvv cvc"))
SECRET_PHRASES = {
    *("api key", "api keys", "access key", "secret key", "private key", "session key", "auth key", "encryption key"),
    *("signing key", "master key", "shared key", "hmac key", "otp key", "totp key", "otp seed", "totp seed"),
    *("activation key", "reset key", "session data", "security answer", "security stamp", "security code"),
    *("recovery code", "recovery codes", "backup code", "backup codes", "verification code", "access code"),
    *("reset code", "auth code", "authorization code", "secret answer", "card verification"),
}
# A secret in another form, or one of several, is a secret still: `password_hash`, `token_encrypted`, `secret_old`.
FORMS = set(
    split_words(
        "hash hashed digest checksum sha md bcrypt argon scrypt encrypted enc cipher ciphertext plain plaintext clear"
        " cleartext raw text value string hex b base bytes pem old new current previous confirm confirmation confirmed"
        " again repeat"
    )
)
# A question that is answered by yes or no: `has_password`.
QUESTIONS = set(
    split_words(
        "is has had can should must need needs require requires use uses allow allows show shows enable enables want"
        " wants no"
    )
)


def looks_secret(name: str) -> bool:
    """Whether a value of this name should not be kept in clear."""
    words = split_words(name)
    if not words or (len(words) > 1 and words[0] in QUESTIONS):
        return False
    while len(words) > 1 and words[-1] in FORMS:
        words.pop()
    last = words[-1]
    return last in SECRET_WORDS or last.endswith(ENDINGS) or " ".join(words[-2:]) in SECRET_PHRASES
