"""What this provider says of its people: their groups are those of Django, their address is verified if it says so."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator

UNVERIFIED = "unverified"  # a group of those whose address is not


class Validator(OAuth2Validator):  # type: ignore[misc]
    oidc_claim_scope = None

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        person = request.user
        groups = sorted(group.name for group in person.groups.all())
        return {
            "preferred_username": person.username,
            "given_name": person.first_name,
            "family_name": person.last_name,
            "email": person.email,
            "email_verified": UNVERIFIED not in groups,
            "groups": groups,
        }
