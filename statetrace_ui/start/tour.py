"""The demo's tour: where it leads, in order. Only what the demo has told can be found, so only there is a tour."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.apps import apps
from django.urls import reverse

from replica.exports.models import UserFlowExport
from statetrace_ui.web.models import Organisation

# Names that the demo gives; it stands above this room.
ORGANISATION = "demo"
FLOW, CANARY = "Buy a product", "Buy a product (canary)"
PARAMETER = "tour"


@dataclass(frozen=True, slots=True)
class Stop:
    """look: what is to be seen there. url: where that is; '' where the demo has it no more."""

    slug: str
    title: str
    look: str
    url: Callable[[Organisation], str]


def is_offered(organisation: Organisation) -> bool:
    return organisation.slug == ORGANISATION and apps.is_installed("statetrace_ui.demo")


def address(stop: Stop, organisation: Organisation) -> str:
    """The stop's address, in which the tour goes on."""
    url = stop.url(organisation) or reverse("home")
    return f"{url}{'&' if '?' in url else '?'}{PARAMETER}={stop.slug}"


def _changes(_: Organisation) -> str:
    return f"{reverse('history:changes')}?{urlencode({'q': 'outside table:shop_order'})}"


def _compared(page: str) -> Callable[[Organisation], str]:
    def url(organisation: Organisation) -> str:
        flow = UserFlowExport.objects.filter(organisation=organisation, name=FLOW).first()
        groups = {"base": "variant=fast", "new": "variant=slow"}
        return f"{reverse(page)}?{urlencode({'flow': flow.user_flow_id, **groups})}" if flow else ""

    return url


def _refused(organisation: Organisation) -> str:
    export = UserFlowExport.objects.filter(organisation=organisation, name=CANARY).first()
    return reverse("exports:export", args=[export.pk]) if export else ""


def _first_page(_: Organisation) -> str:
    return reverse("home")


def _first_steps(_: Organisation) -> str:
    return reverse("start:page")


STOPS = (
    Stop(
        "begin",
        "Three things went wrong in this shop",
        "Somebody refunded an order past the shop, a build made buying slower, and a sync fails. This page tells of"
        " all three. Find them yourself, or follow the tour.",
        _first_page,
    ),
    Stop(
        "refund",
        "A refund nobody answers for",
        "This order became refunded by bare SQL: no request, no person. Open the change, then its record: the payment"
        " that went back is twice the total.",
        _changes,
    ),
    Stop(
        "slow",
        "What got slower",
        "The slow variant against the fast one, ranked by seconds. “Sort by price” moved clearly; its functions are"
        " one click away.",
        _compared("replica:compare"),
    ),
    Stop(
        "function",
        "The function behind it",
        "Both variants' calls merged into one picture: orange took longer. Look for sortCards and what it calls.",
        _compared("replica:flame_diff"),
    ),
    Stop(
        "sync",
        "A sync that fails",
        "The replica refused one session. The run says which constraint, table and session, so whoever recorded it"
        " knows what to change; the other flow went through.",
        _refused,
    ),
    Stop(
        "own",
        "Now your own",
        "These steps connect your own database and bring your own recordings. Ctrl-K finds everything, and the"
        " documentation is at the bottom of the rail.",
        _first_steps,
    ),
)
BY_SLUG = {stop.slug: stop for stop in STOPS}


def neighbours(stop: Stop) -> tuple[Stop | None, Stop | None]:
    place = STOPS.index(stop)
    return (STOPS[place - 1] if place else None), (STOPS[place + 1] if place + 1 < len(STOPS) else None)
