"""Actions beside one another: those of one transaction, parents and children.

An action's id is its place in the log. Keys may repeat after the annotation table was emptied, so a key alone names
several actions, of which the nearest is meant.
"""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from statetrace_ui.history.models import Action
from statetrace_ui.history.queries.joins import joined

# Actions that a list or page shows beside another one. There should be one in a transaction.
MOST_BESIDE = 20
# Texts of any length, which lists do not show.
UNLISTED = ["meta", "payload", "session__meta", "session__payload", "session__actor_avatar"]


def first_actions(path: str) -> "Prefetch[str]":
    """Prefetch each transaction's first actions in the order of the log, with their sessions, as `first_actions`."""
    place = Window(RowNumber(), partition_by=["source_id", "transaction_id"], order_by="id")
    actions = Action.objects.alias(place=place).filter(place__lte=MOST_BESIDE + 1)
    return Prefetch(path, _listed(actions), to_attr="first_actions")


def more_than_first(actions: Sequence[Action]) -> str:
    """How many of a transaction's `first_actions` there are beside the first: `1`, or `20+`; '' for none."""
    more = len(actions) - 1
    return f"{MOST_BESIDE}+" if more >= MOST_BESIDE else str(more) if more > 0 else ""


def with_company(actions: QuerySet[Action]) -> QuerySet[Action]:
    """Each with `has_company`: whether its transaction carries further actions."""
    same = {name: OuterRef(name) for name in ("source_id", "transaction_id")}
    others = Action.objects.filter(**same).exclude(pk=OuterRef("pk"))
    return actions.annotate(has_company=Exists(others))


def company_of(action: Action) -> list[Action]:
    """The other actions of its transaction, in the order of the log; at most MOST_BESIDE and one more."""
    found = Action.objects.filter(source=action.source_id, transaction_id=action.transaction_id).exclude(pk=action.pk)
    return list(_listed(found)[: MOST_BESIDE + 1])


def parent_of(action: Action) -> Action | None:
    """The action of that key that is the nearest before it in the log, else the nearest after it; of its source."""
    if not action.parent_key:
        return None
    named = _listed(Action.objects.filter(source=action.source_id, key=action.parent_key))
    before = named.filter(id__lt=action.id).order_by("-id").first()
    if before or action.key == action.parent_key:
        return before
    return named.filter(id__gt=action.id).first()


def children_of(action: Action) -> list[Action]:
    """The actions whose parent it is, in the order of the log; at most MOST_BESIDE and one more."""
    if not action.key:
        return []
    of_key = Action.objects.filter(source=action.source_id, key=action.key)
    following = of_key.filter(id__gt=action.id).order_by("id").values_list("id", flat=True).first()
    # Up to the next of that key, and itself: that one's nearest parent before it is this one.
    theirs = Q(id__gt=action.id, id__lte=following) if following else Q(id__gt=action.id)
    if not of_key.filter(id__lt=action.id).exists():
        theirs |= Q(id__lt=action.id)  # its parent came after it, and this is the first that did
    named = Action.objects.filter(source=action.source_id, parent_key=action.key)
    return list(_listed(named.filter(theirs))[: MOST_BESIDE + 1])


def _listed(actions: QuerySet[Action]) -> QuerySet[Action]:
    return joined(actions, "session", without=UNLISTED).order_by("id")
