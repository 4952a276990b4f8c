"""Speaks to the provider of single sign-on: OpenID Connect, authorization code with PKCE, state and nonce.

Its libraries take a fifth of the time that a command needs to start: they are loaded where somebody signs on.
"""

import logging
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from statetrace_ui.web.errors import UserError

logger = logging.getLogger(__name__)
TIMEOUT = 10  # seconds
# A token that is signed with a secret both sides know, or not at all, could be anybody's.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


def is_set() -> bool:
    return bool(settings.OIDC_ISSUER)


def begin(request: HttpRequest) -> HttpResponseRedirect:
    """Lead to the provider. Raises UserError (502) if it cannot be asked where."""
    try:
        answer: HttpResponseRedirect = _client().authorize_redirect(
            request, request.build_absolute_uri(reverse("sign-on-callback"))
        )
    except _failures() as error:
        raise _failed(error) from None
    return answer


def sign_out_address() -> str:
    """Where the provider ends its own session. Raises UserError: it offers no such page, or cannot be asked (502).

    It is told the client alone, so that it asks the person; a token that names them would have to be kept for that.
    """
    try:
        known = _client().server_metadata
    except _failures() as error:
        raise _failed(error) from None
    if "end_session_endpoint" not in known:
        raise UserError(f"{settings.OIDC_NAME} has no page for signing out.", "Close your browser there.", status=404)
    return f"{known['end_session_endpoint']}?{urlencode({'client_id': settings.OIDC_CLIENT_ID})}"


def claims(request: HttpRequest) -> dict[str, Any]:
    """What the provider says of whoever comes back from it. Raises UserError (502) unless all of it can be believed."""
    try:
        client = _client()
        issuer = {"essential": True, "value": client.load_server_metadata()["issuer"]}
        audience = {"essential": True, "value": settings.OIDC_CLIENT_ID}
        token = client.authorize_access_token(request, claims_options={"iss": issuer, "aud": audience})
        return _completed(client, token)
    except _failures() as error:
        raise _failed(error) from None


def _completed(client: Any, token: dict[str, Any]) -> dict[str, Any]:
    """The token's claims; those that it lacks, from the provider's page of user information."""
    said = dict(token["userinfo"])
    if "userinfo_endpoint" in client.server_metadata:
        more = dict(client.userinfo(token=token))
        if more["sub"] != said["sub"]:
            raise ValueError("the user information is somebody else's")
        said = {**more, **said}
    return said


def _client() -> Any:
    client = _known(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, settings.OIDC_SCOPES)
    known = client.load_server_metadata()
    if str(known.get("issuer", "")).rstrip("/") != settings.OIDC_ISSUER:
        raise ValueError(f"the provider calls itself {known.get('issuer')}")
    offered = known.get("id_token_signing_alg_values_supported", ["RS256"])
    known["id_token_signing_alg_values_supported"] = [one for one in offered if one in ALGORITHMS]
    return client


@cache
def _known(issuer: str, client_id: str, client_secret: str, scopes: str) -> Any:
    from authlib.integrations.django_client import OAuth

    return OAuth().register(
        "sign_on",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": scopes, "code_challenge_method": "S256", "default_timeout": TIMEOUT},
    )


def _failures() -> tuple[type[Exception], ...]:
    """What a provider that cannot be reached, or believed, ends in."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    return AuthlibBaseError, JoseError, RequestException, ValueError, RuntimeError, KeyError


def _failed(error: Exception) -> UserError:
    logger.warning("Single sign-on failed: %s: %s", type(error).__name__, error)
    if getattr(error, "error", "") == "access_denied":
        return UserError(f"{settings.OIDC_NAME} did not let you in.", "Try again, or ask who runs it.", 403)
    return UserError(
        f"Signing in with {settings.OIDC_NAME} did not work.",
        "Begin anew on the sign-in page. If it fails again, who runs this site finds the reason in its log.",
        status=502,
    )
