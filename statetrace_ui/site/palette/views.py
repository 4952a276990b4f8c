"""The palette's answers, as fragments. What is captured is asked apart: a replica may be slow."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from statetrace_ui.site.palette import audited, fixed
from statetrace_ui.site.palette.captured import captured
from statetrace_ui.site.palette.items import Group, group
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request, member_view


class PaletteForm(forms.Form):
    q = forms.CharField(required=False, max_length=200)


@member_view
def palette(request: Request) -> HttpResponse:
    text = parse_query(PaletteForm, request).cleaned_data["q"]
    found = audited.groups(request.organisation, text) if text else []
    same = [
        Group("Pages", list(fixed.pages(text, request.membership.may_manage))),  # all of them: there are but few
        group("Commands", fixed.commands(text)),
        group("Documentation", fixed.documentation(text)),
    ]
    return _answer(request, [*found, *same])


@member_view
def palette_captured(request: Request) -> HttpResponse:
    text = parse_query(PaletteForm, request).cleaned_data["q"]
    return _answer(request, captured(request.organisation, text) if text else [])


def _answer(request: Request, groups: list[Group]) -> HttpResponse:
    return render(request, "palette_groups.html", {"groups": [one for one in groups if one.items]})
