"""The dashboard as the web server runs it."""

from django.conf import settings

from statetrace_ui.web.gate import Gate
from statetrace_ui.wsgi import application as pages

application = Gate(pages, settings.WEB_THREADS, settings.WEB_STREAMS)
