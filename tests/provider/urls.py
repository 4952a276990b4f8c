"""Addresses of the provider, and one by which tests say who its people are."""

import json

from django.contrib.auth.models import Group, User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.models import get_application_model

PASSWORD = "a password at the provider"


@csrf_exempt
def people(request: HttpRequest) -> HttpResponse:
    """Make or change a person: {"username": …, "email": …, "groups": […]}."""
    wanted = json.loads(request.body)
    person, _ = User.objects.update_or_create(
        username=wanted["username"], defaults={"email": wanted.get("email", ""), "first_name": "Ada"}
    )
    person.set_password(PASSWORD)
    person.save()
    person.groups.set([Group.objects.get_or_create(name=name)[0] for name in wanted.get("groups", [])])
    return HttpResponse(str(person.pk))


@csrf_exempt
def callback(request: HttpRequest) -> HttpResponse:
    """Let the client be sent back to one address more."""
    client = get_application_model().objects.get()
    client.redirect_uris = f"{client.redirect_uris} {request.body.decode()}"
    client.save()
    return HttpResponse("")


urlpatterns = [
    path("o/", include("oauth2_provider.urls")),
    path("login/", LoginView.as_view(template_name="login.html")),
    path("people/", people),
    path("callback/", callback),
]
