"""Settings of a small audited project: what a project that installs `annotate` looks like."""

import os

from statetrace_ui import env

SECRET_KEY = "not a secret: settings of tests"
INSTALLED_APPS = ["statetrace_ui.annotate"]
ROOT_URLCONF = "tests.statetrace_ui.annotate.views"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "statetrace_ui.annotate.middleware.AnnotateMiddleware",
]
if "AUDITED_URL" in os.environ:  # as a project of its own, by `django-admin`
    DATABASES = {"default": env.database(os.environ["AUDITED_URL"], "AUDITED_URL")}
    STATETRACE_ANNOTATE = {"TRANSPORT": os.environ.get("TRANSPORT", "table")}
