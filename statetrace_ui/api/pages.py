"""The page of tokens: members make, see and revoke their own; managers see and revoke all of the organisation's."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.api import tokens
from statetrace_ui.api.forms import TokenForm
from statetrace_ui.web.requests import Request, member_view


@require_GET
@member_view
def token_list(request: Request) -> HttpResponse:
    return render(request, "api/tokens.html", _context(request, TokenForm(membership=request.membership)))


@require_POST
@never_cache
@member_view
def make_token(request: Request) -> HttpResponse:
    """Answer with the page itself: the token is stored nowhere, so no other page can show it."""
    form = TokenForm(request.POST, membership=request.membership)
    if not form.is_valid():
        return render(request, "api/tokens.html", _context(request, form), status=400)
    token, text = tokens.make(request.membership, **form.cleaned_data)
    context = _context(request, TokenForm(membership=request.membership))
    return render(request, "api/tokens.html", {**context, "made": token, "text": text})


@require_POST
@member_view
def revoke_token(request: Request, pk: int) -> HttpResponse:
    tokens.revoke(get_object_or_404(tokens.seen_by(request.membership), pk=pk))
    return redirect("tokens")


def _context(request: Request, form: TokenForm) -> dict[str, Any]:
    return {
        "tokens": list(tokens.seen_by(request.membership)),
        "form": form,
        "may_manage": request.membership.may_manage,
    }
