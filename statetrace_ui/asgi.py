"""The dashboard as the web server runs it."""

from threading import Thread

from django.conf import settings

from replica.compare.libraries import load
from statetrace_ui.api import admission
from statetrace_ui.start import admission as first_steps
from statetrace_ui.web.gate import Gate
from statetrace_ui.web.long_bodies import LongBodies
from statetrace_ui.wsgi import application as pages


def takes_files(method: str, path: str) -> bool:
    return admission.takes_files(method, path) or first_steps.takes_files(method, path)


def may_send_files(headers: dict[str, str]) -> bool:
    return admission.may_send_files(headers) or first_steps.may_send_files(headers)


application = Gate(
    pages,
    settings.WEB_THREADS,
    settings.WEB_STREAMS,
    LongBodies(takes_files, may_send_files, settings.API_UPLOAD_MIB << 20),
    problems=admission.ROOT,
)
# Whoever compares first should not wait for the libraries that this takes.
Thread(target=load, name="load libraries", daemon=True).start()
