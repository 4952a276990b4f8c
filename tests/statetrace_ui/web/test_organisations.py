from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.organisations import find_or_create_default, find_organisation

PEOPLE = 6


@pytest.mark.django_db
@pytest.mark.parametrize("slug", [None, "", "default"])
def test_where_there_is_none_the_first_who_needs_one_makes_it(slug: str | None) -> None:
    made = find_or_create_default(slug)
    assert (made.name, made.slug) == ("Default organisation", "default")
    assert find_or_create_default(slug) == made == find_organisation(None)


@pytest.mark.django_db
def test_one_that_is_named_otherwise_is_not_made() -> None:
    with pytest.raises(UserError, match="no organisation “acme”"):
        find_or_create_default("acme")
    assert not Organisation.objects.exists()


def test_where_there_is_one_it_is_taken(organisation: Organisation) -> None:
    assert find_or_create_default(None) == organisation
    with pytest.raises(UserError, match="no organisation “default”"):
        find_or_create_default("default")


def test_where_there_are_several_one_must_be_named(organisation: Organisation) -> None:
    Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    with pytest.raises(UserError, match="Give --organisation SLUG"):
        find_or_create_default(None)


@pytest.mark.django_db(transaction=True)
def test_several_who_need_one_at_once_make_one() -> None:
    start = Barrier(PEOPLE)

    def find(_: int) -> int:
        start.wait()
        try:
            return find_or_create_default(None).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(PEOPLE) as threads:
        assert set(threads.map(find, range(PEOPLE))) == {Organisation.objects.get().pk}


@pytest.mark.parametrize("find", [find_organisation, find_or_create_default])
def test_a_site_that_was_never_started_says_so(find: Callable[[str | None], Organisation], db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        cursor.execute("ALTER TABLE web_organisation RENAME TO gone")
    with pytest.raises(UserError) as caught:
        find(None)
    with connection.cursor() as cursor:
        cursor.execute("ROLLBACK TO before")
    assert caught.value.problem == "The dashboard's database has no tables yet."
    assert caught.value.advice == "Start the site once, which makes them: `python manage.py up`."
