"""The columns and tables that are masked unless somebody decides otherwise. Pure."""

from statetrace_ui.secret_names import looks_secret, split_words

# Values of these types are no secrets, whatever their column is called: `password_changed date`, `secret boolean`.
HARMLESS_TYPES = ("boolean", "date", "time", "interval")
# Columns of Django's own models, and of its well-known packages, whose names alone would not tell.
DJANGO_COLUMNS: dict[str, set[str]] = {
    "account_emailconfirmation": {"key"},
    "authtoken_token": {"key"},
    "axes_accessattempt": {"get_data", "post_data"},
    "django_rest_passwordreset_resetpasswordtoken": {"key"},
    "knox_authtoken": {"digest", "token_key"},
    "mfa_authenticator": {"data"},
    "oauth2_provider_grant": {"code", "code_challenge"},
    "oauth2_provider_idtoken": {"jti"},
    "oidc_provider_code": {"code"},
    "oidc_provider_rsakey": {"key"},
    "oidc_provider_token": {"_id_token"},
    "otp_email_emaildevice": {"key"},
    "otp_hotp_hotpdevice": {"key"},
    "otp_totp_totpdevice": {"key"},
    "otp_yubikey_yubikeydevice": {"private_id"},
    "registration_registrationprofile": {"activation_key"},
    "rest_framework_api_key_apikey": {"hashed_key", "id", "prefix"},
    "silk_request": {"body", "encoded_headers", "query_params", "raw_body"},
    "silk_response": {"body", "encoded_headers", "raw_body"},
    "social_auth_code": {"code"},
    "social_auth_partial": {"data"},
    "social_auth_usersocialauth": {"extra_data"},
    "socialaccount_socialapp": {"key"},
    "token_blacklist_outstandingtoken": {"jti"},
    "two_factor_phonedevice": {"key"},
}
SESSION_WORDS = {"session", "sessions", "usersession", "usersessions"}
# Words that say whose sign-in a session is. With any other word it is another kind of session: `training_sessions`.
SIGN_IN_WORDS = {
    *("django", "rails", "laravel", "express", "php", "app", "web", "http", "browser", "server", "cookie"),
    *("user", "users", "qsessions", "account", "accounts", "admin", "auth", "login", "active", "sso"),
    *("oauth", "oidc", "saml", "api", "store", "storage", "data"),
}


def default_of_column(table: str, column: str, type_name: str) -> str:
    """Why the column is masked unless somebody decides otherwise; '' if it is kept."""
    if column in DJANGO_COLUMNS.get(table, ()):
        return "default for Django"
    if looks_secret(column) and not type_name.startswith(HARMLESS_TYPES):
        return "default by name"
    return ""


def default_of_table(table: str) -> str:
    """Why all columns of the table are masked unless somebody decides otherwise; '' if they are not."""
    words = set(split_words(table))
    return "default for session tables" if words & SESSION_WORDS and words <= SESSION_WORDS | SIGN_IN_WORDS else ""
