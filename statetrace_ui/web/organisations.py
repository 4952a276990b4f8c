"""Finds the organisation that a command works for."""

from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation


def find_organisation(slug: str | None) -> Organisation:
    """The organisation with that slug; without a slug, the only organisation. Raises UserError."""
    known = {organisation.slug: organisation for organisation in Organisation.objects.order_by("slug")}
    if not slug and len(known) == 1:
        return next(iter(known.values()))
    if slug in known:
        return known[slug]
    problem = f"There is no organisation “{slug}”." if slug else "Which organisation? Give --organisation SLUG."
    raise UserError(problem, f"Known are: {', '.join(known) or 'none yet; add one on the admin site'}.")
