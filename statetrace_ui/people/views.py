"""Members of the viewer's organisation: everybody sees names and roles, managers change them and invite others."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.accounts.second_factor.factors import remove_all
from statetrace_ui.deliveries.mailing import can_mail
from statetrace_ui.people import invitations, mails, members, queries, recovery
from statetrace_ui.people.forms import InvitationForm, MemberQuery, RoleForm, SecondFactorForm
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_filters, parse_post
from statetrace_ui.web.models import Membership
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view


@require_GET
@member_view
def member_list(request: Request) -> HttpResponse:
    form = parse_filters(MemberQuery, request)
    context = _context(request, form, InvitationForm())
    return page_or_partial(request, "people/list.html", context, "rows")


def _context(request: Request, form: MemberQuery, invitation: InvitationForm) -> dict[str, Any]:
    asked = form.cleaned_data if form.is_valid() else {}
    may_manage = request.membership.may_manage
    return {
        "form": form,
        "narrowed": bool(asked.get("q") or asked.get("role")),
        "page": queries.members(request.membership, asked.get("q", ""), asked.get("role", ""), asked.get("cursor", "")),
        "roles": Membership.Role.choices,
        "may_manage": may_manage,
        "invitation": invitation,
        "invitations": list(queries.invitations(request.organisation)) if may_manage else [],
        "can_mail": can_mail(),
    }


@require_POST
@manager_view
def set_role(request: Request, pk: int) -> HttpResponse:
    role = parse_post(RoleForm, request).cleaned_data["role"]
    members.set_role(queries.get_membership_for(request.organisation, pk), role)
    return redirect("people:list")


@require_POST
@manager_view
def remove(request: Request, pk: int) -> HttpResponse:
    members.remove(queries.get_membership_for(request.organisation, pk))
    return redirect("people:list")


@require_POST
@never_cache
@manager_view
def recover(request: Request, pk: int) -> HttpResponse:
    """Answer with the page itself: the link is stored nowhere, so no other page can show it."""
    membership = queries.get_membership_for(request.organisation, pk)
    link = request.build_absolute_uri(recovery.link_by_manager(membership))
    context = _context(request, MemberQuery({}), InvitationForm())
    return render(request, "people/list.html", {**context, "recovered": membership.user, "link": link})


@require_POST
@manager_view
def remove_second_factor(request: Request, pk: int) -> HttpResponse:
    """For a member who has lost it; of those alone whom the manager could let set a new password."""
    membership = queries.get_membership_for(request.organisation, pk)
    if not recovery.may_be_recovered(membership):
        raise UserError(f"{membership.user} may open more than your organisation.", "Ask an administrator.", 403)
    remove_all(membership.user)
    return redirect("people:list")


@require_POST
@manager_view
def require_second_factor(request: Request) -> HttpResponse:
    required = bool(parse_post(SecondFactorForm, request).cleaned_data["required"])
    members.require_second_factor(request.organisation, required)
    return redirect("people:list")


@require_POST
@member_view
def leave(request: Request) -> HttpResponse:
    members.remove(request.membership)
    return redirect("home")


@require_POST
@never_cache
@manager_view
def invite(request: Request) -> HttpResponse:
    """Answer with the page itself: the link is stored nowhere, so no other page can show it."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return render(request, "people/list.html", _context(request, MemberQuery({}), form), status=400)
    made, token = invitations.invite(request.membership, form.cleaned_data["role"], form.cleaned_data["email"])
    link = request.build_absolute_uri(reverse("people:invitation", args=[token]))
    context = _context(request, MemberQuery({}), InvitationForm())
    return render(
        request, "people/list.html", {**context, "made": made, "link": link, "mailed": mails.invite(made, link)}
    )


@require_POST
@manager_view
def revoke(request: Request, pk: int) -> HttpResponse:
    invitations.revoke(get_object_or_404(queries.invitations(request.organisation), pk=pk))
    return redirect("people:list")
