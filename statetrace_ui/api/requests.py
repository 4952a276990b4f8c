"""The request that the API's operations receive."""

from statetrace_ui.api.models import Token
from statetrace_ui.web.requests import Request


class ApiRequest(Request):
    """A token's request: its person is the user, and its organisation scopes every query that answers it."""

    token: Token
