"""The admin site: superusers see all of it; other staff see what the organisations that they manage own."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest

from statetrace_ui.web.models import Membership, Organisation


def organisations_of(request: HttpRequest) -> models.QuerySet[Organisation]:
    """The organisations that the signed-in member of staff manages; all of them for a superuser."""
    if request.user.is_superuser:
        return Organisation.objects.all()
    managed = Membership.objects.of_managers().filter(user=request.user.pk)
    return Organisation.objects.filter(memberships__in=managed)


class OwnedAdmin(admin.ModelAdmin[Any]):
    """For models with an `organisation`. Views of a subclass must find objects by `get_queryset`, as Django's do."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).filter(organisation__in=organisations_of(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "organisation":
            kwargs["queryset"] = organisations_of(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ForSuperusers:
    """Superusers alone manage people: a right to change users would be a right to become any of them."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


class MembershipInline(admin.TabularInline[Membership, Organisation]):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Organisation)
class OrganisationAdmin(ForSuperusers, admin.ModelAdmin[Organisation]):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The names alone: Django would load all that belongs to an organisation, its whole history among it."""
        names = [f"{one}, with everything that belongs to it" for one in objs]
        return names, {str(Organisation._meta.verbose_name_plural): len(names)}, set(), []


admin.site.unregister(Group)


@admin.register(Group)
class GroupsAdmin(ForSuperusers, GroupAdmin):
    pass
