"""What `migrate` and `check` do in a project that installs the app, run as that project would run them."""

import os
import subprocess
import sys

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from statetrace_ui.annotate import checks, conf
from tests.statetrace_ui.annotate import project
from tests.statetrace_ui.annotate.conftest import MESSAGES, Audited

MIGRATIONS = "SELECT count(*) FROM statetrace_annotations WHERE kind = '_st.app.mig' AND payload::text = '{}'"
COLUMNS = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'statetrace_annotations'"


def django(url: str, *command: str, by: str = "table") -> str:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": project.__name__, "AUDITED_URL": url, "TRANSPORT": by}
    command = (sys.executable, "-m", "django", *command)
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_migrate_makes_the_documented_table_and_announces_itself_once(new_database) -> None:  # type: ignore[no-untyped-def]
    url = new_database()
    django(url, "migrate")
    django(url, "migrate")  # changes nothing, so there is nothing to resynchronise
    with psycopg.connect(url) as connection:
        columns = connection.execute(COLUMNS).fetchall()
        assert columns == [("id", "text"), ("kind", "text"), ("meta", "json"), ("payload", "json")]
        assert connection.execute(MIGRATIONS).fetchone() == (1,)


def test_migrate_accepts_a_table_that_was_made_by_hand_and_can_take_it_away(new_database) -> None:  # type: ignore[no-untyped-def]
    url = new_database()
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json)"
        )
    django(url, "migrate")
    django(url, "migrate", "statetrace_annotate", "zero")
    with psycopg.connect(url) as connection:
        assert connection.execute(COLUMNS).fetchall() == []


def test_by_messages_migrate_makes_no_table_until_the_project_goes_over_to_it(new_database) -> None:  # type: ignore[no-untyped-def]
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        slot = connection.info.dbname
        for statement in MESSAGES:
            connection.execute(statement.format(slot))
        django(url, "migrate", by="message")
        django(url, "migrate", by="message")
        assert connection.execute(COLUMNS).fetchall() == []
        audited = Audited(url, slot)
        assert [row.payload for row in audited.annotations("_st.app.mig")] == [{}]
        django(url, "migrate")
        assert len(connection.execute(COLUMNS).fetchall()) == 4
        django(url, "migrate", "statetrace_annotate", "zero")
        assert connection.execute(COLUMNS).fetchall() == []


def test_the_models_need_no_further_migration(new_database) -> None:  # type: ignore[no-untyped-def]
    assert "No changes" in django(new_database(), "makemigrations", "--check", "--dry-run")


def test_a_good_installation_has_nothing_to_say(settings: Settings) -> None:
    settings.MIDDLEWARE = project.MIDDLEWARE
    assert checks.check_installation() == []


def test_a_middleware_in_the_wrong_place_is_named(settings: Settings) -> None:
    settings.MIDDLEWARE = project.MIDDLEWARE[::-1]
    assert [found.id for found in checks.check_installation()] == ["statetrace_annotate.W002"]
    settings.MIDDLEWARE = []
    assert [found.id for found in checks.check_installation()] == ["statetrace_annotate.W001"]


def test_a_missing_database_is_named(settings: Settings) -> None:
    settings.MIDDLEWARE = project.MIDDLEWARE
    settings.STATETRACE_ANNOTATE = {"DATABASES": ["missing"]}
    assert [found.id for found in checks.check_installation()] == ["statetrace_annotate.W003"]


def test_a_setting_that_is_not_understood_is_named(settings: Settings) -> None:
    settings.STATETRACE_ANNOTATE = {"DATABASE": ["default"]}
    with pytest.raises(ImproperlyConfigured, match="unknown keys: DATABASE"):
        conf.databases()


def test_without_settings_the_project_is_called_by_its_addresses_and_versioned_by_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ROOT_URLCONF = "warehouse.urls"
    monkeypatch.setenv("GIT_COMMIT", "4f2a")
    assert (conf.application_id(), conf.version(), conf.databases()) == ("warehouse", "4f2a", ["default"])


def test_nothing_but_django_and_the_standard_library_is_imported(new_database) -> None:  # type: ignore[no-untyped-def]
    """The app must be usable where the dashboard is not installed."""
    script = (
        "import sys; from statetrace_ui.annotate import apps, checks, context, middleware, transactions; "
        "print(*sorted(name for name in sys.modules if name.startswith(('statetrace_ui', 'replica'))))"
    )
    command = [sys.executable, "-c", script]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert {name for name in found if not name.startswith("statetrace_ui.annotate")} == {"statetrace_ui"}
