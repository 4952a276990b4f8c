"""The storage of static files in production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashes file names, so that browsers may keep files for ever; also rewrites imports between ES modules."""

    support_js_module_import_aggregation = True
