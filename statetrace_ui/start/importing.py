"""Files that were dropped on the page become sessions of a user flow, which is then synced."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from replica.exports.jobs import request_sync
from replica.exports.models import UserFlowExport
from replica.importing.bundle import Bundle, ImportFailed, StoreFailed
from replica.importing.service import import_files
from replica.importing.uploads import IMPORTING, MOST_FILES, keep
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

Uploads = Sequence["UploadedFile[Any]"]


def import_uploads(organisation: Organisation, user_flow: str, files: Uploads) -> dict[str, Bundle]:
    """The sessions as written, by id. Raises UserError, which says what is wrong with a file."""
    if not 1 <= len(files) <= MOST_FILES:
        raise UserError("There is no file to import." if not files else "Too many files.", f"Give 1 to {MOST_FILES}.")
    if not IMPORTING.acquire(blocking=False):
        raise UserError("Other files are being imported.", "Try again in a moment.", status=503)
    try:
        written = _import(organisation, user_flow, files)
    finally:
        IMPORTING.release()
    request_sync(UserFlowExport.objects.get(organisation=organisation, name=user_flow))
    return written


def _import(organisation: Organisation, user_flow: str, files: Uploads) -> dict[str, Bundle]:
    with tempfile.TemporaryDirectory(prefix="statetrace-upload-") as folder:
        paths = [keep(Path(folder), number, file) for number, file in enumerate(files)]
        try:
            return import_files(organisation, user_flow, paths, largest_mib=settings.API_UPLOAD_MIB)
        except StoreFailed as failure:
            raise UserError(str(failure), "Try again in a minute.", status=503) from None
        except ImportFailed as refusal:
            raise UserError(str(refusal), "Nothing was imported.", status=422) from None
