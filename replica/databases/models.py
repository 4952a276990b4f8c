"""The replica database of each organisation, and how it is reached."""

from django.conf import settings
from django.db import models

from statetrace_ui import addresses
from statetrace_ui.web.crypto import EncryptedTextField
from statetrace_ui.web.models import Organisation


class Replica(models.Model):
    """An organisation's own database, read-only to its members' tools and to this dashboard.

    `login_role` is the organisation's: its password is shown once, and it is limited to `connection_limit` connections.
    After a rotation the role before it, `former_role`, works until `former_until`. `reader_url` names the dashboard's
    own role, so that pages never use those up.
    """

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="replica")
    database = models.CharField(max_length=63, unique=True)
    login_role = models.CharField(max_length=63, unique=True)
    former_role = models.CharField(max_length=63, blank=True)
    former_until = models.DateTimeField(null=True, blank=True)
    first_password = EncryptedTextField(blank=True, help_text="Made by the first sync; kept until somebody reveals it.")
    connection_limit = models.PositiveIntegerField(default=5)
    legacy_tables = models.BooleanField(
        default=False, help_text="Whether each user flow has a table of its own, with a column for each measurement."
    )
    owner_url = EncryptedTextField(
        blank=True, help_text="How exports write it. Empty: somebody else fills this replica."
    )
    reader_url = EncryptedTextField(blank=True, help_text="How this dashboard reads it, with a SELECT-only role.")
    provisioned_at = models.DateTimeField(null=True, blank=True)
    credentials_reset_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.database

    @property
    def reading_url(self) -> str:
        """The address by which this dashboard reads it now.

        One that somebody entered is written anew each time: it may have been stored before the rules were as they are.
        Raises BadAddress.
        """
        if self.owner_url:
            return str(self.reader_url)
        return addresses.parse(self.reader_url).url(settings.REPLICA_CA_FILE)
