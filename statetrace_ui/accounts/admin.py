"""People on the admin site, for superusers; the security log, of which each manager reads what concerns theirs."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from statetrace_ui.accounts import queries
from statetrace_ui.accounts.forms import LogQuery
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.second_factor.factors import remove_all
from statetrace_ui.web.admin import ForSuperusers, organisations_of
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.models import Membership

admin.site.unregister(User)


class PlaceInline(admin.TabularInline[Membership, User]):
    """An organisation of the person, and the role there."""

    model = Membership
    fields = ["organisation", "role"]
    extra = 1
    verbose_name_plural = "organisations and roles"


@admin.register(User)
class PeopleAdmin(ForSuperusers, UserAdmin[User]):
    inlines = [PlaceInline]
    list_display = ["username", "email", "first_name", "last_name", "is_active", "is_staff"]
    fieldsets = [
        (None, {"fields": ["username", "password", "is_active"]}),
        ("Who it is", {"fields": ["first_name", "last_name", "email"]}),
        (
            "On the admin site",
            {
                "classes": ["collapse"],
                "fields": ["is_staff", "is_superuser", "groups", "user_permissions"],
                "description": "Pages of the product ask for the role below alone. Superusers see all; other staff "
                "need permissions, and see of each kind what the organisations that they manage own.",
            },
        ),
        ("When", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["username", "email", "password1", "password2"]})]
    actions = ["remove_second_factor"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user_permissions":
            kinds = Permission.objects.filter(content_type__in=_kinds_for_staff())
            kwargs["queryset"] = kinds.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.action(description="Remove the second factor of those who lost it")
    def remove_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for person in people:
            remove_all(person)
        self.message_user(request, "They sign in by their password alone until they set up another one.")


def _kinds_for_staff() -> list[ContentType]:
    """What staff can see on the admin site at all, so that a permission does something."""
    kinds = [model for model, one in admin.site._registry.items() if not isinstance(one, ForSuperusers)]
    return list(ContentType.objects.get_for_models(*kinds).values())


@admin.register(SecurityEvent)
class SecurityEventAdmin(admin.ModelAdmin[SecurityEvent]):
    """A list by keyset instead of Django's, which counts all rows and reads those of the pages before."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return security_log(request, self)

    def change_view(self, *_: Any, **__: Any) -> HttpResponse:
        raise PermissionDenied  # the list shows all there is of an entry

    history_view = change_view


def security_log(request: HttpRequest, model: SecurityEventAdmin) -> HttpResponse:
    if not model.has_view_permission(request):
        raise PermissionDenied
    organisations = organisations_of(request)
    form = parse_query(LogQuery, request, organisations=organisations)
    mine = None if request.user.is_superuser else organisations
    context = {
        **model.admin_site.each_context(request),
        "title": "Security log",
        "form": form,
        "page": queries.events(mine, **form.cleaned_data),
    }
    return render(request, "admin/accounts/securityevent/change_list.html", context)
