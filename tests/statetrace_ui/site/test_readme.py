"""The README on own databases and own files, followed word by word on an empty installation.

Only the example's host is another: that of a second PostgreSQL server, prepared as docs/connecting.md says.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.own_site import Site, command
from tests.waiting import wait_until


@pytest.mark.early
def test_own_databases_and_own_files_on_an_empty_installation(folder: Path, shop: str, shop_address: str) -> None:
    site = Site(folder)
    with site.left_running(command("Without the demo")) as printed:
        link = next(line.strip() for line in printed if "/account/first/" in line)
        assert "Nobody can sign in yet" in site.page("/")
        first = urlsplit(link).path
        password = {"password1": "correct horse battery", "password2": "correct horse battery"}
        assert "Acme" in site.send(first, first, organisation="Acme", username="ann", **password)

        site.run([word.replace("db.example.org", shop_address) for word in command("Connect your own database")])
        with psycopg.connect(shop, autocommit=True) as connection:
            connection.execute("INSERT INTO item VALUES (2, 'after it was connected')")
        wait_until(site.shows("/changes/", "after it was connected"))
        assert "before it was connected" in site.page("/changes/?kind=B")

        site.run(command("Import your own files"))
        [export] = re.findall(r'href="(/exports/\d+/)"', site.page("/exports/"))[:1]
        site.send(f"{export}sync/", export, detail="1")
        wait_until(site.shows("/flows/", "Check out"))
