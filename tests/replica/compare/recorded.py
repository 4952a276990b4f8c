"""The demo's own recordings as an organisation's replica: the store has the tables of one."""

from replica.databases.models import Replica
from statetrace_ui.demo import recordings
from statetrace_ui.web.models import Organisation


def give_recordings(organisation: Organisation, store_url: str) -> None:
    recordings.load(organisation)
    Replica.objects.create(
        organisation=organisation, database="demo", login_role="demo", owner_url=store_url, reader_url=store_url
    )
