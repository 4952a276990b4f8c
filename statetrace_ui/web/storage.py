"""The storage of static files in production."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLESHEETS = ("css/site.css", "css/admin.css")
IMPORT = re.compile(r'^@import url\("(.+)"\);$', re.MULTILINE)


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed file names, so that browsers may keep files for ever.

    Imports between ES modules are rewritten too. A page's stylesheets become one file, which one request fetches.
    """

    support_js_module_import_aggregation = True
    max_post_process_passes = 30  # as many as modules import each other in a chain; of 5, Django's own, we have more

    def __init__(self, *args: Any, **options: Any) -> None:
        # Beside the served files, not among them: it names every file there is.
        super().__init__(*args, manifest_storage=FileSystemStorage(settings.STATIC_NOTES), **options)

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Hash and compress the files of `paths` ({name: (storage, its name there)}), stylesheets in one piece."""
        in_one_piece = InMemoryStorage()
        for name in STYLESHEETS:
            in_one_piece.save(name, ContentFile(_with_imports(name, paths)))
        stylesheets = {name: (in_one_piece, name) for name in STYLESHEETS}
        yield from super().post_process({**paths, **stylesheets}, dry_run, **options)


def _with_imports(name: str, paths: dict[str, Any]) -> str:
    """The text of a stylesheet with the imported files in place of the `@import` rules at its beginning."""
    storage, path = paths[name]
    with storage.open(path) as file:
        text: str = file.read().decode()
    folder = PurePosixPath(name).parent
    return IMPORT.sub(lambda found: _with_imports(str(folder / found[1]), paths), text)
