import pytest

from statetrace_ui.secret_names import is_secret_name


@pytest.mark.parametrize(
    "name",
    [
        *("password", "user_password", "PASSWORD_HASH", "passwd", "newPassword", "client_secret", "secret"),
        *("token", "accessToken", "csrfmiddlewaretoken", "X-API-Key", "api_key", "apikey", "APIKey", "session_key"),
        *("private_key", "sessionid", "otp", "otp_code", "totpSeed", "salt", "user_salt", "userSalt", "jwt", "pwd"),
        *("X-Amz-Signature", "X-Amz-Credential", "Proxy-Authorization", "AWSAccessKeyId"),
    ],
)
def test_names_of_secrets_are_known_in_every_spelling(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["", "name", "key", "id", "session", "basalt", "hotplug", "author", "compass", "page", "q", "Größe"]
)
def test_ordinary_names_are_not(name: str) -> None:
    assert not is_secret_name(name)
