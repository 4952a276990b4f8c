"""Pages, documentation and commands, which are the same for everybody."""

from collections.abc import Iterator

from django.urls import reverse

from statetrace_ui.docs import library as docs
from statetrace_ui.docs.searching import search
from statetrace_ui.site.palette.items import MOST_ITEMS, Item, matches
from statetrace_ui.site.places import PLACES

# (name, icon, what is pressed: an element of the page, or `theme=` and the choice)
COMMANDS = (
    ("Keys of this page", "keyboard", "[data-keys]"),
    ("Copy link", "copy", "[data-copy-link]"),
    ("Theme: light", "settings", "theme=light"),
    ("Theme: dark", "settings", "theme=dark"),
    ("Theme: as the system", "settings", "theme=auto"),
    ("Sign out", "log-out", ".account form[action$='logout/'] button"),
)


def pages(text: str, may_manage: bool) -> Iterator[Item]:
    if matches(text, "Overview home start"):
        yield Item("Overview", "house", reverse("home"))
    for place in PLACES:
        if matches(text, place.name, place.section):
            yield Item(place.name, place.icon, reverse(place.view), place.section)
    if matches(text, "Your account profile password e-mail second factor"):
        yield Item("Your account", "user", reverse("profile"))
    if matches(text, "Replica connection database credentials"):
        yield Item("Replica", "database", reverse("databases:connection"), "Exports")
    if may_manage:
        yield from _of_managers(text)


def _of_managers(text: str) -> Iterator[Item]:
    if matches(text, "Disk space storage"):
        yield Item("Disk", "database", reverse("disk"), "Connected")
    if matches(text, "Add a source database"):
        yield Item("Add a source", "plus", reverse("capture:add"), "Connected")


def documentation(text: str) -> Iterator[Item]:
    for found in search(docs.pages().values(), text, MOST_ITEMS):
        anchor = f"#{found.section.anchor}" if found.section.level > 1 else ""
        yield Item(found.section.title, "file-text", docs.page_url(found.page.name) + anchor, found.page.title)


def commands(text: str) -> Iterator[Item]:
    for name, icon, press in COMMANDS:
        if matches(text, name):
            yield Item(name, icon, press=press)
