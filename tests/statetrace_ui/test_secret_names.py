import pytest

from statetrace_ui.secret_names import looks_secret, split_words


@pytest.mark.parametrize(
    "name",
    [
        *("password", "passwd", "password_hash", "encrypted_password", "PasswordHash", "password2", "user_password"),
        *(
            "secret",
            "client_secret",
            "clientSecret",
            "secret_key",
            "private_key",
            "privateKeyPem",
            "salt",
            "password_salt",
        ),
        *("token", "access_token", "remember_token", "X-Amz-Security-Token", "csrfmiddlewaretoken", "accesstoken"),
        *("api_key", "apikey", "apiKey", "APIKey", "api-key", "x-api-key", "session_key", "session_data", "PHPSESSID"),
        *("otp", "totp_seed", "credential", "credentials", "authorization", "Authorization", "recovery_codes", "cvv2"),
    ],
)
def test_names_of_secrets_are_recognised(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "_", "42", "id", "name", "key", "primary_key", "public_key", "key_id", "code", "session_id", "session"),
        *(
            "token_count",
            "token_type",
            "tokens_used",
            "token_id",
            "salt_percentage",
            "basalt",
            "desalted",
            "cobalt_salty",
        ),
        *("has_password", "is_secret", "password_changed_at", "password_expiry", "requires_otp", "otp_enabled"),
        *("passenger", "secretary", "secretariat_name", "authorization_id", "credential_id", "broken", "tokenised"),
        *("compass", "passport_number", "option", "potpourri", "api_key_name", "private_key_path", "value", "text"),
    ],
)
def test_names_that_only_mention_one_are_left_alone(name: str) -> None:
    assert not looks_secret(name)


def test_names_are_split_into_words() -> None:
    assert split_words("apiKey") == split_words("API_KEY") == split_words("api-key2") == ["api", "key"]
    assert split_words("OAuthToken") == ["o", "auth", "token"]
    assert split_words("straße_größe") == ["straße", "größe"]
