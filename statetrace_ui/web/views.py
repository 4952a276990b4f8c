"""Views of the viewer's account."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import OrganisationForm
from statetrace_ui.web.organisations import choose
from statetrace_ui.web.requests import Request, member_view


@require_POST
@member_view
def choose_organisation(request: Request) -> HttpResponse:
    """Switch to another of the viewer's organisations, and lead back to where they were, if the form says so."""
    form = OrganisationForm(request.POST, user=request.user)
    if not form.is_valid():
        raise UserError("You are not a member of this organisation.", "Choose another one in the menu.", status=404)
    choose(request, form.cleaned_data["organisation"])
    target = form.cleaned_data["next"]
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target if own else "home")
