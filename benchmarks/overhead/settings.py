"""Settings of the audited project that is measured. KIND: which of `models.py` a client writes; '' for all of them."""

import importlib.util
import os

from statetrace_ui import env

KIND = os.environ.get("KIND", "")
PEERS = {name: importlib.util.find_spec(name) is not None for name in ("pghistory", "pgtrigger", "auditlog")}
_OURS = ("by_table", "by_message")

SECRET_KEY = "not a secret: a benchmark's"
DATABASES = {"default": env.database(os.environ["AUDITED_URL"], "AUDITED_URL")}
# Whoever does without a tool has nothing of it installed.
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    *(["statetrace_ui.annotate"] if KIND in ("", *_OURS) else []),
    *(["pgtrigger", "pghistory"] if PEERS["pghistory"] and KIND in ("", "pghistory") else []),
    *(["auditlog"] if PEERS["auditlog"] and KIND in ("", "auditlog") else []),
    "benchmarks.overhead",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "benchmarks.overhead"
USE_TZ = True
STATETRACE_ANNOTATE = {"TRANSPORT": "message" if KIND == "by_message" else "table"}
