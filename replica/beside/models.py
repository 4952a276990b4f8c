"""Details of exchanges, in the dashboard's own database."""

from django.db import models

from statetrace_ui.web.models import Organisation


class ExchangeDetail(models.Model):
    """What an imported file said of one exchange beyond the columns of a replica; "" and None where it did not say.

    mark: a digest of the exchange's start and address. A replica may still hold an earlier import, where the number is
    that of another exchange. initiator: the address of what asked for it, or the kind of that. connection: its number.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="exchange_details")
    session_id = models.CharField(max_length=36)
    message_id = models.BigIntegerField()
    mark = models.BigIntegerField()
    method = models.CharField(max_length=32)
    initiator = models.CharField(max_length=512)
    connection = models.CharField(max_length=64)
    dns_ms = models.BigIntegerField(null=True)
    send_ms = models.BigIntegerField(null=True)

    class Meta:
        # A session's details, and those of a page of its exchanges.
        constraints = [
            models.UniqueConstraint(fields=["organisation", "session_id", "message_id"], name="detail_of_exchange")
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.session_id} {self.message_id}"
