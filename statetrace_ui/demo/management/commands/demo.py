from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from replica.databases.provisioning import ensure_replica
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from statetrace_ui import embedded
from statetrace_ui.demo import prepare as shop
from statetrace_ui.demo import recordings, story
from statetrace_ui.history.models import Source
from statetrace_ui.installation import command
from statetrace_ui.site import services, supervisor
from statetrace_ui.start.dismissals import FIRST_STEPS, dismiss
from statetrace_ui.web.models import Membership, Organisation

USER = "demo"
SLUG = "demo"  # of the organisation


class Command(BaseCommand):
    help = "Run the whole site on this machine, with a demo shop to use and recorded sessions to look at."

    def handle(self, *_: Any, **__: Any) -> None:
        if not settings.EMBEDDED:
            site = command("up")
            raise CommandError(f"The demo runs on the embedded PostgreSQL: unset DATABASE_URL, or use `{site}`.")
        self.announce("Preparing databases")
        try:
            services.prepare_start("WEB_PORT", "SHOP_PORT")
        except supervisor.CannotStart as reason:
            raise CommandError(str(reason)) from None
        password = embedded.kept_secret(settings.HOME / "demo-password")
        organisation = self.add_people(password)
        self.connect_shop(organisation)
        self.load_recordings(organisation)
        services.run([*services.dashboard_services(), shop_service()], lambda: self.greet(password))

    def announce(self, text: str) -> None:
        self.stdout.write(f"{text} …")

    def add_people(self, password: str) -> Organisation:
        organisation, _ = Organisation.objects.get_or_create(slug=SLUG, defaults={"name": "Demo shop"})
        user, created = User.objects.get_or_create(username=USER, defaults={"is_staff": True, "is_superuser": True})
        if created or not user.check_password(password):
            user.set_password(password)
            user.save()
        role = {"role": Membership.Role.MANAGER}
        membership, is_new = Membership.objects.get_or_create(organisation=organisation, user=user, defaults=role)
        if is_new:
            dismiss(membership, FIRST_STEPS, for_all=True)  # the tour leads here; /start/ has them still
        return organisation

    def connect_shop(self, organisation: Organisation) -> None:
        """Audit the shop's database, if it is not yet a source."""
        shop.prepare(settings.DEMO_DATABASE_URL)
        if not Source.objects.filter(organisation=organisation, name="shop").exists():
            self.announce("Connecting the shop's database")
            url, quiet = settings.DEMO_DATABASE_URL, StringIO()
            call_command("add_source", "shop", url, organisation=organisation.slug, stdout=quiet, stderr=quiet)

    def load_recordings(self, organisation: Organisation) -> None:
        """Import and export the recorded sessions, as one would do with sessions of one's own."""
        self.announce("Importing recorded sessions")
        recordings.load(organisation)
        ensure_replica(organisation)
        sync(UserFlowExport.objects.get(organisation=organisation, name=recordings.USER_FLOW))
        story.tell(organisation)

    def greet(self, password: str) -> None:
        self.stdout.write(
            f"\n  Dashboard  http://{settings.WEB_HOST}:{settings.WEB_PORT}   sign in as {USER}, password {password}\n"
            f"  Demo shop  http://{settings.WEB_HOST}:{settings.SHOP_PORT}   click around there and watch Changes\n"
            "  Ctrl-C stops all of it.\n"
        )
        self.stdout.flush()


def shop_service() -> supervisor.Service:
    return services.web(
        "shop",
        "statetrace_ui.demo.wsgi:application",
        settings.WEB_HOST,
        settings.SHOP_PORT,
        DEMO_DATABASE_URL=settings.DEMO_DATABASE_URL,
        DJANGO_SETTINGS_MODULE="statetrace_ui.demo.settings",
    )
