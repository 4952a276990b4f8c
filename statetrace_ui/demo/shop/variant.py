"""Which of two builds of the shop a browser gets: `?variant=slow` or `?variant=fast` chooses, a cookie remembers.

The slow one takes code paths that real shops have had: a query per product, and a sort that makes the browser lay out
the page at every comparison. It does not sleep.
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
