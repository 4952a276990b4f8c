"""What a token may do, and which role its person must have for that."""

from django.db.models import TextChoices

from statetrace_ui.web.models import Membership


class Scope(TextChoices):
    READ = "read", "Read: user flows, sessions, exports; for analysts the audited history, too"
    ANNOTATE = "annotate", "Annotate: names, statuses, tags and labels of sessions"
    INGEST = "ingest", "Ingest: user flows, sessions, files and measurements"
    EXPORT = "export", "Export: syncs, verifications and their settings"
    ADMIN = "admin", "Administrate: webhooks, targets, the replica's password, and deleting"


def permits(membership: Membership, scope: Scope) -> bool:
    """Whether the member's role gives the scope: viewers look, managers do everything."""
    return scope == Scope.READ or membership.may_manage


def scopes_of(membership: Membership) -> list[Scope]:
    return [scope for scope in Scope if permits(membership, scope)]
