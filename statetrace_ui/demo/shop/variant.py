"""The two variants of the shop: `?variant=slow` or `?variant=fast` chooses one, and a cookie remembers it.

The slow variant runs code as real shops have had it: a query per product, and a sort that makes the browser lay out the
page at every comparison. It does not sleep.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

VARIANTS = ("fast", "slow")
COOKIE = "shop_variant"


def variant_of(request: HttpRequest) -> str:
    wanted = (request.GET.get("variant"), request.COOKIES.get(COOKIE))
    return next((variant for variant in wanted if variant in VARIANTS), VARIANTS[0])


def variant(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.GET.get("variant") in VARIANTS:
            response.set_cookie(COOKIE, variant_of(request), samesite="Lax")
        return response

    return middleware
