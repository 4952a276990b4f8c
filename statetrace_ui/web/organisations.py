"""Finds the organisation that a command works for, and remembers the one that a person works in."""

from typing import Any

from django.db import ProgrammingError

from statetrace_ui.installation import command
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation, Profile

DEFAULT_SLUG, DEFAULT_NAME = "default", "Default organisation"


def find_organisation(slug: str | None) -> Organisation:
    """The organisation with that slug; without a slug, the only organisation. Raises UserError."""
    known = {organisation.slug: organisation for organisation in _all()}
    if not slug and len(known) == 1:
        return next(iter(known.values()))
    if slug in known:
        return known[slug]
    problem = f"There is no organisation “{slug}”." if slug else "Which organisation? Give --organisation SLUG."
    raise UserError(problem, f"Known are: {', '.join(known) or 'none yet; add one on the admin site'}.")


def find_or_create_default(slug: str | None) -> Organisation:
    """The same for a command that brings something into the site: where there is no organisation at all, it makes one.

    Two commands that do so at once get the same one.
    """
    if slug in (None, "", DEFAULT_SLUG) and not _all():
        return Organisation.objects.get_or_create(slug=DEFAULT_SLUG, defaults={"name": DEFAULT_NAME})[0]
    return find_organisation(slug)


def choose(request: Any, organisation: Organisation) -> None:
    """Show the viewer this organisation: in this browser from now on, elsewhere when they next sign in."""
    request.session["organisation"] = organisation.pk
    Profile.objects.update_or_create(person=request.user, defaults={"organisation": organisation})


def _all() -> list[Organisation]:
    """Raises UserError where the site has never been started, so that there are no tables yet."""
    try:
        return list(Organisation.objects.order_by("slug"))
    except ProgrammingError:
        advice = f"Start the site once, which makes them: `{command('up')}`."
        raise UserError("The dashboard's database has no tables yet.", advice) from None
