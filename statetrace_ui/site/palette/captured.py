"""What the palette finds in the organisation's replica."""

from django.urls import reverse

from replica.databases.reading import read_replica
from replica.queries.named import flows_named, sessions_named
from statetrace_ui.site.palette.items import Group, Item, group, moment_text
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation


def captured(organisation: Organisation, text: str) -> list[Group]:
    """Nothing where the replica cannot be read: its own pages say why."""
    try:
        return read_replica(organisation, lambda alias: _groups(alias, text))
    except UserError:
        return []


def _groups(alias: str, text: str) -> list[Group]:
    flows = (
        Item(flow.name or flow.user_flow_id, "route", reverse("replica:flow", args=[flow.user_flow_id]))
        for flow in flows_named(alias, text)
    )
    sessions = (
        Item(
            (session.name or session.session_id)[:100],
            "smartphone",
            reverse("replica:session", args=[session.session_id]),
            moment_text(session.start_time),
        )
        for session in sessions_named(alias, text)
    )
    return [group("User flows", flows), group("Captured sessions", sessions)]
