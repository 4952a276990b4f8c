"""`python -m tests.provider PORT CALLBACK` serves the provider until it is ended."""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.provider.settings"

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

CLIENT, SECRET = "statetrace", "a secret of the client that only tests know"


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main(port: int, callback: str) -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    from oauth2_provider.models import get_application_model

    get_application_model().objects.create(
        client_id=CLIENT,
        client_secret=SECRET,
        client_type="confidential",
        authorization_grant_type="authorization-code",
        algorithm="RS256",
        redirect_uris=callback,
        skip_authorization=True,
    )
    make_server("127.0.0.1", port, get_wsgi_application(), handler_class=Quiet).serve_forever()


main(int(sys.argv[1]), sys.argv[2])
