"""django-ninja as this API uses it: one bearer scheme with scopes, strict bodies, problem details for every error."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation
from ninja.security import HttpBearer

from statetrace_ui.api.descriptions import Description
from statetrace_ui.api.json_bodies import StrictParser
from statetrace_ui.api.problems import Problem, problem_response
from statetrace_ui.api.scopes import Scope, permits
from statetrace_ui.web.errors import UserError

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest, Any], HttpResponse]


class Token(HttpBearer):
    """Lets in tokens with a scope that the role of their person still gives. The door has looked at the token."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: Any) -> bool:
        if self.scope not in request.token.scopes:
            raise Problem(403, f"This token does not have the scope {self.scope.value}.")
        if not permits(request.membership, self.scope):
            raise Problem(403, f"The role of this token's person does not give the scope {self.scope.value}.")
        return True

    def authenticate(self, request: HttpRequest, token: str) -> None:
        raise NotImplementedError("the door does")


class Api(NinjaAPI):
    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Description:
        return Description(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def set_default_exception_handlers(self) -> None:
        for kind, handler in HANDLERS.items():
            self.add_exception_handler(kind, handler)


def new_api(**options: Any) -> Api:
    return Api(parser=StrictParser(), urls_namespace="api", docs_url=None, **options)


def _problem(_: HttpRequest, problem: Problem) -> HttpResponse:
    return problem_response(problem)


def _user_error(_: HttpRequest, error: UserError) -> HttpResponse:
    return problem_response(Problem(error.status, error.sentence))


def _not_found(_: HttpRequest, __: Http404) -> HttpResponse:
    return problem_response(Problem(404, "There is nothing at this address, or nothing that is yours."))


def _too_big(_: HttpRequest, __: RequestDataTooBig) -> HttpResponse:
    return problem_response(Problem(413, "The body is longer than this operation takes."))


def _invalid(_: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"at": _place(one["loc"]), "problem": str(one["msg"])} for one in error.errors]
    return problem_response(Problem(422, "The request has parts that are not understood.", errors=errors))


def _http_error(_: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja raises by itself; a problem inside the parser is its cause."""
    if isinstance(error.__cause__, Problem):
        return problem_response(error.__cause__)
    return problem_response(Problem(error.status_code, error.message))


def _database(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("A database failed while answering %s", request.path, exc_info=error)
    return problem_response(Problem(503, "A database failed, or took too long to answer. Try again in a minute."))


def _place(parts: Sequence[str | int]) -> str:
    """`body.data.0.key`, without the name that the parameter has in the code."""
    where, *inner = parts
    return ".".join(map(str, [where, *(inner[1:] if where == "body" and len(inner) > 1 else inner)]))


HANDLERS: Mapping[type[Exception], Handler] = {
    Problem: _problem,
    UserError: _user_error,
    Http404: _not_found,
    RequestDataTooBig: _too_big,
    ValidationError: _invalid,
    HttpError: _http_error,
    OperationalError: _database,
    psycopg.OperationalError: _database,
}
