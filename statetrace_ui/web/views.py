from django.http import HttpResponse
from django.shortcuts import render

from statetrace_ui.web.requests import Request, member_view


@member_view
def home(request: Request) -> HttpResponse:
    return render(request, "web/home.html", {})
