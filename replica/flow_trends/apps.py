from django.apps import AppConfig


class FlowTrendsConfig(AppConfig):
    """What is remembered of each user flow, so that a page tells how all of them do without asking a replica."""

    name = "replica.flow_trends"
    label = "flow_trends"
    verbose_name = "Trends of user flows"
