from django.apps import AppConfig


class DeliveriesConfig(AppConfig):
    """Sends what other rooms have to tell: as signed webhooks and as e-mail."""

    name = "statetrace_ui.deliveries"
    label = "deliveries"
    verbose_name = "Deliveries"
