"""The dashboard as the web server runs it."""

from threading import Thread

from django.conf import settings

from replica.compare.libraries import load
from statetrace_ui.api.admission import ROOT, may_send_files, takes_files
from statetrace_ui.web.gate import Gate
from statetrace_ui.web.long_bodies import LongBodies
from statetrace_ui.wsgi import application as pages

application = Gate(
    pages,
    settings.WEB_THREADS,
    settings.WEB_STREAMS,
    LongBodies(takes_files, may_send_files, settings.API_UPLOAD_MIB << 20),
    problems=ROOT,
)
# Whoever compares first should not wait for the libraries that this takes.
Thread(target=load, name="load libraries", daemon=True).start()
