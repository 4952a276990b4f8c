from django.contrib.auth import login, logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from statetrace_ui.demo.shop.people import COLOURS, avatar


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """One click and no password: these people exist only for the demo."""
    if request.method == "POST":
        user = get_object_or_404(User, username=request.POST.get("username"), username__in=COLOURS)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect(_next(request))
    people = [(user, avatar(user)) for user in User.objects.filter(username__in=COLOURS).order_by("is_staff", "pk")]
    return render(request, "shop/sign_in.html", {"people": people, "next": _next(request)})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("catalogue")


def _next(request: HttpRequest) -> str:
    """The address to go to after signing in; never another site's."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"
