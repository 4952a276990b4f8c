"""Mails links for new passwords. The job makes the link, so that none is kept with the job."""

from django.conf import settings
from django.contrib.auth.models import User
from procrastinate.contrib.django import app

from statetrace_ui.accounts.security_log import Event, record_of_person
from statetrace_ui.people import mails, recovery


@app.task(name="mail_recovery")
def mail_recovery(person_id: int) -> None:
    person = User.objects.filter(pk=person_id, is_active=True).first()
    if person:
        record_of_person(Event.RECOVERY_SENT, person, f"for {person}, by e-mail")
        mails.recovery(person.email, person.get_username(), settings.PUBLIC_URL + recovery.path_for(person))
