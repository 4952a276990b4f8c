"""Adds, accepts and removes targets and mirrors, and lets flows follow them."""

from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from replica.exports.ends import PAGE_PATIENCE, connect_foreign
from replica.exports.failures import explain
from replica.exports.models import Mirror, Target, UserFlowExport
from replica.exports.targets.taking_over import require_ours
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.addresses import Address, BadAddress, parse
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

FLOWS = """
SELECT trim(user_flow_id), coalesce(name, ''), coalesce(description, '') FROM user_flow
WHERE trim(user_flow_id) <> '' ORDER BY 2, 1 LIMIT 500
"""
Row = TypeVar("Row", Target, Mirror)


def add_server(organisation: Organisation, name: str, url: str, person_name: str) -> Target:
    """A database of one's own, which must be empty: the replica's tables are made in it. Raises UserError."""
    address = _address(url)
    try:
        with connect_foreign(address.url(), PAGE_PATIENCE) as server:
            require_ours(server)
    except UserError:
        raise
    except Exception as error:
        raise _refused(error) from None
    return _added(
        Target(
            organisation=organisation,
            name=name,
            url=address.url(),
            place=f"{address.host}:{address.port}, database {address.database}",
            accepted_at=timezone.now(),
            accepted_by=person_name,
            added_by=person_name,
        )
    )


def offer(organisation: Organisation, name: str, recipient: Organisation, person_name: str) -> Target:
    """Another organisation's replica, which a manager there has to accept first. Raises UserError."""
    if recipient == organisation:
        raise UserError("Your organisation's own replica is no further target.", "Choose another organisation.")
    wanted = {"organisation": organisation, "name": name, "recipient": recipient, "added_by": person_name}
    return _added(Target(**wanted, place=f"the replica of {recipient}"))


def accept(target: Target, person_name: str) -> None:
    """Say yes for the recipient. Whoever asks is known to manage it."""
    target.accepted_at, target.accepted_by = timezone.now(), person_name
    target.save(update_fields=["accepted_at", "accepted_by"])
    record(Event.TARGET_CHANGED, f"{target}: accepted by {target.recipient}", organisation=target.recipient)


def remove(row: Target | Mirror) -> None:
    """Forget a target or a mirror. Raises UserError while flows use it: their copies are deleted first."""
    if UserFlowExport.every.filter(**{_kind(row): row}).exists():
        raise UserError("User flows use it.", "Delete those copies or flows first; then nothing is left behind.")
    record(Event.TARGET_CHANGED, f"{row}: removed", organisation=row.organisation)
    row.delete()


def copy_to(export: UserFlowExport, target: Target) -> UserFlowExport:
    """Have the flow copied to the target, too. Raises UserError while nobody has accepted the target."""
    if not target.accepted_at:
        raise UserError("This target is not accepted yet.", f"Ask a manager of {target.recipient}.")
    values = {"organisation": export.organisation, "name": export.name, "description": export.description}
    copied, _ = UserFlowExport.every.get_or_create(
        user_flow_id=export.user_flow_id, target=target, defaults={**values, "mirror": export.mirror}
    )
    record(Event.TARGET_CHANGED, f"{copied}: added", organisation=export.organisation)
    return copied


def add_mirror(organisation: Organisation, name: str, url: str, person_name: str) -> Mirror:
    """A database of the replica's schema that somebody else fills. Raises UserError if its flows cannot be read."""
    address = _address(url)
    mirror = Mirror(organisation=organisation, name=name, url=address.url(), added_by=person_name)
    mirror.place = f"{address.host}:{address.port}, database {address.database}"
    flows_of(mirror)
    return _added(mirror)


def flows_of(mirror: Mirror) -> list[tuple[str, str, str]]:
    """(user flow id, name, description) of what can be followed. Raises UserError."""
    try:
        with connect_foreign(mirror.url, PAGE_PATIENCE) as server:
            return server.execute(FLOWS.encode()).fetchall()
    except UserError:
        raise
    except Exception as error:
        raise _refused(error) from None


def follow(mirror: Mirror, user_flow_id: str) -> UserFlowExport:
    """Have a flow of the mirror copied to the organisation's replica. Raises UserError."""
    flow = next((flow for flow in flows_of(mirror) if flow[0] == user_flow_id), None)
    if flow is None:
        raise UserError("The mirror does not have this user flow any more.", "Reload the page.", status=404)
    _, name, description = flow
    taken = UserFlowExport.objects.filter(organisation=mirror.organisation, name=name).exists()
    try:
        with transaction.atomic():
            export = UserFlowExport.objects.create(
                organisation=mirror.organisation,
                user_flow_id=user_flow_id,
                name=(f"{name} ({mirror})" if taken or not name else name)[:255],
                description=description,
                mirror=mirror,
            )
    except IntegrityError:
        raise UserError("This user flow is exported already.", "A flow has one source.") from None
    record(Event.TARGET_CHANGED, f"{export}: follows {mirror}", organisation=mirror.organisation)
    return export


def _address(url: str) -> Address:
    try:
        return parse(url)
    except BadAddress as error:
        raise UserError(str(error), "Correct the address.") from None


def _refused(error: Exception) -> UserError:
    return UserError(explain(error).sentence, "Correct the address, or what it names; nothing was stored.")


def _added(row: Row) -> Row:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise UserError("There is one of this name already.", "Choose another name.") from None
    record(Event.TARGET_CHANGED, f"{row}: added", organisation=row.organisation)
    return row


def _kind(row: Target | Mirror) -> str:
    return "target" if isinstance(row, Target) else "mirror"
