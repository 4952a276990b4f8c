"""The shop as it runs in the demo: a server of its own, on a database of its own."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg import sql

from statetrace_ui.demo.management.commands.record_demo import free_port, wait_for
from statetrace_ui.demo.prepare import prepare
from statetrace_ui.embedded import database_url
from statetrace_ui.site import services

DATABASE = "test_shop"


class Shop:
    """A running shop: where it listens, and what its database holds."""

    def __init__(self, url: str, address: str) -> None:
        self.url, self.address = url, address

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()


class Answer:
    def __init__(self, response: Any) -> None:
        self.status, self.url, self.headers = response.status, response.url, response.headers
        self.text: str = response.read().decode()

    def json(self) -> Any:
        return json.loads(self.text)


class Visitor:
    """A browser without scripts: keeps cookies, follows redirects, sends the form's token."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> Answer:
        return self._open(urllib.request.Request(self.address + path))

    def post(self, path: str, **fields: object) -> Answer:
        token = next((cookie.value for cookie in self.cookies if cookie.name == "shop_csrf"), "")
        body = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        return self._open(urllib.request.Request(self.address + path, body))

    def sign_in(self, username: str, path: str = "/") -> Answer:
        self.get("/sign-in/")
        return self.post("/sign-in/", username=username, next=path)

    def session_id(self) -> str:
        found = re.search(r'name="statetrace-session" content="([^"]*)"', self.get("/").text)
        assert found
        return found[1]

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            return Answer(self.opener.open(request))
        except HTTPError as error:
            return Answer(error)


@pytest.fixture(scope="module")
def shop(server_url: str) -> Iterator[Shop]:
    url = database_url(server_url, DATABASE)
    prepare(url)
    port = free_port()
    service = services.web("shop", "statetrace_ui.demo.wsgi:application", "127.0.0.1", port, DEMO_DATABASE_URL=url)
    service.start()
    assert service.process
    try:
        wait_for(f"http://127.0.0.1:{port}/up/")
        yield Shop(url, f"http://127.0.0.1:{port}")
    finally:
        service.process.terminate()
        service.process.wait()
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(DATABASE)))


@pytest.fixture
def visitor(shop: Shop) -> Callable[[], Visitor]:
    """`visitor()` → somebody who has just come."""
    return lambda: Visitor(shop.address)
