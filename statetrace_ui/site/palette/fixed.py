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
# Pages beside the places: (name, what else they are called, icon, view, hint)
BESIDE = (
    ("First steps", "getting started sample data", "play", "start:page", ""),
    ("Documentation", "docs manual help", "file-text", "docs:contents", ""),
    ("Your account", "profile password e-mail", "user", "profile", ""),
    ("Second factor", "passkeys authenticator recovery codes", "shield-check", "second-factor", "Your account"),
    ("API tokens", "", "key-round", "tokens", "Your account"),
    ("Replica", "connection database credentials", "database", "databases:connection", "Exports"),
)
OF_MANAGERS = (
    ("Security log", "audit sign-ins downloads", "shield-check", "security-log", "Organisation"),
    ("Add a source", "database", "plus", "capture:add", "Connected"),
)


def pages(text: str, may_manage: bool) -> Iterator[Item]:
    if matches(text, "Overview home start"):
        yield Item("Overview", "house", reverse("home"))
    for place in PLACES:
        if (may_manage or not place.for_managers) and matches(text, place.name, place.section):
            yield Item(place.name, place.icon, reverse(place.view), place.section)
    for name, words, icon, view, hint in (*BESIDE, *(OF_MANAGERS if may_manage else ())):
        if matches(text, name, words):
            yield Item(name, icon, reverse(view), hint)


def documentation(text: str) -> Iterator[Item]:
    for found in search(docs.pages().values(), text, MOST_ITEMS):
        anchor = f"#{found.section.anchor}" if found.section.level > 1 else ""
        yield Item(found.section.title, "file-text", docs.page_url(found.page.name) + anchor, found.page.title)


def commands(text: str) -> Iterator[Item]:
    for name, icon, press in COMMANDS:
        if matches(text, name):
            yield Item(name, icon, press=press)
