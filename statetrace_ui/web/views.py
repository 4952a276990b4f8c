"""Views of the viewer's account."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import OrganisationForm
from statetrace_ui.web.requests import Request, member_view


@require_POST
@member_view
def choose_organisation(request: Request) -> HttpResponse:
    """Switch to another of the viewer's organisations, for the rest of this browser session."""
    form = OrganisationForm(request.POST, user=request.user)
    if not form.is_valid():
        raise UserError("You are not a member of this organisation.", "Choose another one in the menu.", status=404)
    request.session["organisation"] = form.cleaned_data["organisation"].pk
    return redirect("home")
