"""The base install: what an audited Django project needs, and Django is all that it brings."""

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.package.conftest import Install
from tests.package.environments import Environment

IMPORTS = """
import statetrace_ui
from statetrace_ui.annotate import apps, checks, context, middleware, transactions
print(statetrace_ui.__file__)
"""
SETTINGS = """
INSTALLED_APPS += ["statetrace_ui.annotate"]
MIDDLEWARE += ["statetrace_ui.annotate.middleware.AnnotateMiddleware"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "NAME": "{dbname}", "USER": "{user}",
                           "PASSWORD": "{password}", "HOST": "{host}"}}}}
"""
SIGN_IN = """
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.xdist_group("wheel")  # one wheel for all of them
User.objects.create_superuser("ada", password="a password of tests")
fields = {"username": "ada", "password": "a password of tests"}
print(Client(SERVER_NAME="localhost").post("/admin/login/?next=/admin/", fields).status_code)
"""
ATTRIBUTED = """
SELECT action.payload->>'action_url', action.payload->>'action_method',
       session.payload->>'session_actor_full_name', session.payload->>'session_application_id'
FROM auth_user
JOIN statetrace_annotations action ON action.xmin = auth_user.xmin AND action.kind = '_st.app.act'
JOIN statetrace_annotations session ON session.id = action.payload->>'action_session_id'
"""


def test_it_needs_django_alone(install: Install, empty_folder: Path) -> None:
    base = install()
    ran = base.run("python", "-c", IMPORTS, cwd=empty_folder)
    assert ran.stderr == ""
    assert Path(ran.stdout.strip()).parent.parent == base.packages


def test_a_command_of_the_dashboard_says_what_to_install(install: Install, empty_folder: Path) -> None:
    ran = install().run("statetrace", "demo", cwd=empty_folder)
    assert ran.returncode == 1
    assert "Install statetrace-ui[dashboard]" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.long
def test_a_new_project_annotates_its_transactions(install: Install, empty_folder: Path, new_database) -> None:  # type: ignore[no-untyped-def]
    url, project = new_database(), install("", "psycopg[binary]")
    project.run("python", "-m", "django", "startproject", "warehouse", ".", cwd=empty_folder)
    with (empty_folder / "warehouse" / "settings.py").open("a") as settings:
        settings.write(SETTINGS.format(**conninfo_to_dict(url)))
    manage(project, empty_folder, "migrate")
    manage(project, empty_folder, "check", "--fail-level", "WARNING")
    assert manage(project, empty_folder, "shell", "--no-imports", "--command", SIGN_IN).strip() == "302"
    with psycopg.connect(url) as connection:
        attributed = connection.execute(ATTRIBUTED).fetchall()
    assert attributed == [("/admin/login/", "POST", "ada", "warehouse")]


def manage(project: Environment, folder: Path, *command: str) -> str:
    """What the project's own manage.py prints."""
    ran = project.run("python", "manage.py", *command, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
