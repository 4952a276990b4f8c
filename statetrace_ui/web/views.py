"""What belongs to the viewer's account."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from statetrace_ui.web.models import Membership
from statetrace_ui.web.requests import Request, member_view


@require_POST
@member_view
def choose_organisation(request: Request) -> HttpResponse:
    """Look at another of the viewer's organisations, for the rest of this browser session."""
    wanted = request.POST.get("organisation", "")
    memberships = Membership.objects.filter(user=request.user)
    chosen = get_object_or_404(memberships, organisation_id=wanted if wanted.isdecimal() else None)
    request.session["organisation"] = chosen.organisation_id
    return redirect("home")
