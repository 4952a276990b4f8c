"""What Django itself reports of people, written into the security log."""

from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from statetrace_ui.accounts.middleware import begin_session
from statetrace_ui.accounts.security_log import Event, record, record_of_person
from statetrace_ui.web.models import Membership

RIGHTS = {"is_active": "may sign in", "is_staff": "staff", "is_superuser": "superuser"}


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    begin_session(request)
    record_of_person(Event.SIGNED_IN, user, by=user)


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    if user:
        record_of_person(Event.SIGNED_OUT, user, by=user)


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], **_: Any) -> None:
    """Names that nobody has are not kept: people type their password into the wrong box."""
    person = User.objects.filter(username=credentials.get("username")).first()
    if person:
        record_of_person(Event.SIGN_IN_FAILED, person, person.get_username())
    else:
        record(Event.SIGN_IN_FAILED, "a name that nobody has")


@receiver(post_save, sender=Membership)
def membership_saved(instance: Membership, **_: Any) -> None:
    _membership_changed(instance, instance.get_role_display())


@receiver(post_delete, sender=Membership)
def membership_deleted(instance: Membership, **_: Any) -> None:
    _membership_changed(instance, "removed")


def _membership_changed(membership: Membership, how: str) -> None:
    record(Event.MEMBERSHIP_CHANGED, f"{membership.user}: {how}", organisation=membership.organisation)


@receiver(pre_save, sender=User)
def person_before(instance: User, update_fields: frozenset[str] | None, **_: Any) -> None:
    """Note on the instance which rights the save will change; None where it adds the person."""
    before = User.objects.filter(pk=instance.pk).values(*RIGHTS).first() if instance.pk else None
    written = [name for name in RIGHTS if update_fields is None or name in update_fields]
    instance.rights_before = before and {name: before[name] for name in written}  # type: ignore[attr-defined]


@receiver(post_save, sender=User)
def person_saved(instance: User, created: bool, **_: Any) -> None:
    before = getattr(instance, "rights_before", None) or {}
    if created:
        shown = ["added", *(text for name, text in RIGHTS.items() if getattr(instance, name))]
    else:
        changed = [name for name in before if before[name] != getattr(instance, name)]
        shown = [f"{RIGHTS[name]}: {'yes' if getattr(instance, name) else 'no'}" for name in changed]
    if shown:
        record_of_person(Event.PERSON_CHANGED, instance, f"{instance.get_username()}: {', '.join(shown)}")


@receiver(post_delete, sender=User)
def person_deleted(instance: User, **_: Any) -> None:
    record_of_person(Event.PERSON_CHANGED, instance, f"{instance.get_username()}: deleted")


@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=User.groups.through)
def rights_given(instance: Any, action: str, **_: Any) -> None:
    """Also from the other end, where `instance` is the group or the permission."""
    if action.startswith("post_") and isinstance(instance, User):
        record_of_person(Event.PERSON_CHANGED, instance, f"{instance.get_username()}: permissions")
