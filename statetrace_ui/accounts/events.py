"""What the security log knows."""

from django.db import models


class Event(models.TextChoices):
    """Add one here for what else is to be recorded; the column takes any, so that no migration is needed."""

    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    THROTTLED = "throttled", "Too many attempts to sign in"
    SIGNED_OUT = "signed_out", "Signed out"
    REFUSED = "refused", "Refused"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    FIRST_ADMINISTRATOR = "first_administrator", "First administrator made"
    PERSON_CHANGED = "person_changed", "Person changed"
    MEMBERSHIP_CHANGED = "membership_changed", "Membership changed"
    CREDENTIALS_RESET = "credentials_reset", "Replica credentials reset"
    CREDENTIALS_REVEALED = "credentials_revealed", "Credentials revealed"
    REPLICA_CHANGED = "replica_changed", "Replica's address or limits changed"
    SYNC_REQUESTED = "sync_requested", "Sync requested"
    AUTOSYNC_CHANGED = "autosync_changed", "AutoSync switched"
    SOURCE_ADDED = "source_added", "Source added"
    SOURCE_CHANGED = "source_changed", "Source changed"
    SOURCE_REMOVED = "source_removed", "Source removed"
    RULES_CHANGED = "rules_changed", "Column rules changed"
    DISPLAY_CHANGED = "display_changed", "Display of a table changed"
    RETENTION_CHANGED = "retention_changed", "Retention changed"
    RETENTION_APPLIED = "retention_applied", "Old history removed"
    HISTORY_ERASED = "history_erased", "History erased"
    BACKUP_MADE = "backup_made", "Backup made"
    RESTORED = "restored", "Restored from a backup"
    DOWNLOADED = "downloaded", "Downloaded"
    VIEWED = "viewed", "Looked at a record"
