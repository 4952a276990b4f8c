"""Settings of the tests: an embedded PostgreSQL of this run alone, plain static files, fast password hashing."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

for _name in ("DATABASE_URL", "STORE_URL", "SECRET_KEY"):
    os.environ.pop(_name, None)
_memory = Path("/dev/shm")  # where there is room: the tests' databases need not outlive them
_roomy = _memory.is_dir() and os.access(_memory, os.W_OK) and shutil.disk_usage(_memory).free > 4 << 30
_home = tempfile.mkdtemp(prefix="statetrace-test-", dir=_memory if _roomy else None)
Path(_home).chmod(0o755)
os.environ["STATETRACE_HOME"] = _home
os.environ["LOG_LEVEL"] = "WARNING"
atexit.register(shutil.rmtree, _home, ignore_errors=True)  # runs after the server's own exit handler

import psycopg  # noqa: E402
from psycopg import sql  # noqa: E402

from statetrace_ui.settings import *  # noqa: E402, F403
from statetrace_ui.settings import DATABASES, REPLICA_SERVER_URL, STORAGES  # noqa: E402

with psycopg.connect(REPLICA_SERVER_URL, autocommit=True) as _connection:
    # Tests make hundreds of databases; these need to survive a killed process, not a power cut.
    _connection.execute("ALTER SYSTEM SET fsync = off")
    _connection.execute("ALTER SYSTEM SET full_page_writes = off")
    # It would go through all of them for ever; a test that looks at plans analyzes what it filled.
    _connection.execute("ALTER SYSTEM SET autovacuum = off")
    # They connect thousands of times, and a password's digest is made slow on purpose.
    _connection.execute("ALTER SYSTEM SET scram_iterations = 1")
    _connection.execute("SELECT pg_reload_conf()")
    _connection.execute("SET scram_iterations = 1")
    _password = sql.Literal(unquote(urlsplit(REPLICA_SERVER_URL).password or ""))
    _connection.execute(sql.SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(_password))

DATABASES["default"]["OPTIONS"].pop("pool")  # a pooled connection would outlive the tests' database
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_MAX_AGE = 3600  # a browser asks once for what does not change during the tests
# What pages keep for some seconds would outlive the test that it is of.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
