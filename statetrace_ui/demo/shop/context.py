"""Adds to every page of the shop: the variant, the session's id, the cart's size and the avatar."""

from typing import Any

from django.db.models import Sum
from django.http import HttpRequest

from statetrace_ui.annotate.middleware import session_id
from statetrace_ui.demo.shop.models import CartLine
from statetrace_ui.demo.shop.people import avatar
from statetrace_ui.demo.shop.variant import variant_of


def shop(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    return {
        "variant": variant_of(request),
        "statetrace_session_id": session_id(request) or "",
        "cart_size": cart_size(request),
        "avatar": avatar(user) if user.is_authenticated else "",
    }


def cart_size(request: HttpRequest) -> int:
    """The number of items in the viewer's cart."""
    if not request.user.is_authenticated:
        return 0
    return CartLine.objects.filter(customer=request.user).aggregate(size=Sum("quantity"))["size"] or 0
