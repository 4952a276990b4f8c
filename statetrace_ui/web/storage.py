from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed file names, so that browsers may keep files for ever; imports between ES modules are rewritten too."""

    support_js_module_import_aggregation = True
