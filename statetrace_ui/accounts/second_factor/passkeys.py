"""Passkeys: registered and asked for in two steps, of which the first leaves a challenge in the session."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from statetrace_ui.accounts.models import Passkey

CHALLENGE = "passkey_challenge"
MOST = 20  # of a person
VERIFICATION = UserVerificationRequirement.PREFERRED  # the password was asked for already


def begin_registration(request: Any) -> dict[str, Any]:
    """What the browser's `credentials.create` takes, as JSON."""
    person = request.user
    user = PublicKeyCredentialUserEntity(
        id=str(person.pk).encode(), name=person.get_username(), display_name=person.get_username()
    )
    options, state = _server(request).register_begin(
        user,
        _credentials(person),
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=VERIFICATION,
    )
    request.session[CHALLENGE] = state
    return dict(options.public_key)


def register(request: Any, answer: str, name: str) -> Passkey | None:
    """The passkey that the browser has made; None if its answer is not to our challenge."""
    try:
        data = _server(request).register_complete(request.session.pop(CHALLENGE), json.loads(answer))
        credential = data.credential_data
    except (KeyError, TypeError, ValueError):
        return None
    if credential is None or request.user.passkeys.count() >= MOST:
        return None
    passkey: Passkey = request.user.passkeys.create(name=name, credential=bytes(credential), counter=data.counter)
    return passkey


def begin_use(request: HttpRequest, person: User) -> dict[str, Any] | None:
    """What the browser's `credentials.get` takes, as JSON; None for a person without passkeys."""
    known = _credentials(person)
    if not known:
        return None
    options, request.session[CHALLENGE] = _server(request).authenticate_begin(known, VERIFICATION)
    return dict(options.public_key)


def takes(request: HttpRequest, person: User, answer: str) -> bool:
    """Whether one of the person's passkeys has signed our challenge, which is then spent."""
    try:
        state, parsed = request.session.pop(CHALLENGE), AuthenticationResponse.from_dict(json.loads(answer))
        used = _server(request).authenticate_complete(state, _credentials(person), parsed)
    except (KeyError, TypeError, ValueError):
        return False
    counter = parsed.response.authenticator_data.counter
    [passkey] = [one for one in person.passkeys.all() if bytes(one.credential) == bytes(used)]
    if counter and counter <= passkey.counter:
        return False  # a copy of the device has signed since
    passkey.counter, passkey.used_at = counter, timezone.now()
    passkey.save()
    return True


def _server(request: HttpRequest) -> Fido2Server:
    """For the host that the browser shows: a passkey made for one name of the site opens no other."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    return Fido2Server(PublicKeyCredentialRpEntity(id=host, name="Statetrace"))


def _credentials(person: User) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(bytes(one.credential)) for one in person.passkeys.order_by("pk")]
