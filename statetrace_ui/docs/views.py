"""Pages of documentation. They tell nothing of anybody, so visitors may read them, too."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from statetrace_ui.docs.library import CONTENTS, groups, page_url, pages
from statetrace_ui.docs.searching import search
from statetrace_ui.web.forms import parse_query

MOST_FOUND = 30


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=200)


def contents(request: HttpRequest) -> HttpResponse:
    """What there is, or what was found."""
    asked = parse_query(SearchForm, request).cleaned_data["q"]
    if not asked:
        return _shown(request, CONTENTS)
    found = [(one, page_url(one.page.name)) for one in search(pages().values(), asked, MOST_FOUND)]
    return render(request, "docs/found.html", {"groups": groups(), "asked": asked, "found": found})


def page(request: HttpRequest, name: str) -> HttpResponse:
    if name not in pages() or name == CONTENTS:
        raise Http404("There is no page of this name.")
    return _shown(request, name)


def _shown(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "docs/page.html", {"groups": groups(), "page": pages()[name]})
