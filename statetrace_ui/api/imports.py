"""What the API brings into the store, by the one way in; its refusals as problems."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from replica.importing.bundle import Bundle, ImportFailed, SessionOfAnotherFlow, StoreFailed
from replica.importing.service import SessionDetails, import_files
from statetrace_ui.api.problems import Problem
from statetrace_ui.web.models import Organisation


def imported(
    organisation: Organisation, user_flow: str, files: Iterable[Path], details: SessionDetails
) -> dict[str, Bundle]:
    """Raises Problem: 409 for a session of another flow, 503 for a store that did not answer, else 422."""
    try:
        return import_files(organisation, user_flow, files, details, largest_mib=settings.API_UPLOAD_MIB)
    except SessionOfAnotherFlow:
        raise Problem(409, "A session of this id is in another user flow.") from None
    except StoreFailed as failure:
        raise Problem(503, str(failure)) from None
    except ImportFailed as refusal:
        raise Problem(422, str(refusal)) from None
