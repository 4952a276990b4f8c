"""Starts the provider, and walks through its pages as a browser would."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.waiting import wait_until

CLIENT, SECRET = "statetrace", "a secret of the client that only tests know"
PASSWORD = "a password at the provider"


@dataclass(frozen=True)
class Provider:
    url: str

    @property
    def issuer(self) -> str:
        return f"{self.url}/o"

    def person(self, username: str, *groups: str, email: str = "") -> str:
        """Make or change a person; returns the id that tokens call them by."""
        wanted = {"username": username, "groups": groups, "email": email}
        return requests.post(f"{self.url}/people/", json=wanted, timeout=10).text

    def allow(self, callback: str) -> None:
        requests.post(f"{self.url}/callback/", data=callback, timeout=10)

    def sign_in(self, address: str, username: str) -> str:
        """Follow the address to the provider, sign in there; returns the address that leads back."""
        browser = requests.Session()
        answer = send(browser, address, username=username, password=PASSWORD)
        while answer.status_code == 302 and answer.headers["location"].startswith("/"):
            answer = browser.get(self.url + answer.headers["location"], allow_redirects=False, timeout=10)
        location: str = answer.headers["location"]
        return location

    def sign_out(self, address: str, username: str) -> None:
        """Sign in, then out at the address, which asks first."""
        browser = requests.Session()
        send(browser, f"{self.url}/login/", username=username, password=PASSWORD)
        assert "provider_session" in browser.cookies
        assert send(browser, address, allow="yes").status_code == 302
        assert "provider_session" not in browser.cookies


def send(browser: requests.Session, address: str, **typed: str) -> Any:
    """Fill in the one form of a page; returns the answer."""
    page = browser.get(address, timeout=10)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    fields = {name: value.replace("&amp;", "&") for name, value in fields.items()}
    return browser.post(page.url, {**fields, **typed}, allow_redirects=False, timeout=10)


@contextmanager
def running(folder: Path, callback: str) -> Iterator[Provider]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PROVIDER_FOLDER": str(folder)}
    command = [sys.executable, "-m", "tests.provider", str(port), callback]
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parent.parent.parent)
    provider = Provider(f"http://127.0.0.1:{port}")
    try:
        wait_until(lambda: answers(provider))
        yield provider
    finally:
        process.terminate()
        process.wait()


def answers(provider: Provider) -> bool:
    try:
        return requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=1).ok
    except requests.RequestException:
        return False
