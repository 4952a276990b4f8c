"""The pages of docs/, read once: the files of an installation do not change while it runs."""

import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.templatetags.static import static
from django.urls import reverse

from statetrace_ui.docs.pages import Page, Places, listed, read_page
from statetrace_ui.installation import assets

CONTENTS = "README"
MORE = "More"
_PNG = struct.Struct(">8s4x4sII")


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    pages: list[Page]


@cache
def pages() -> dict[str, Page]:
    """Every page by its name, that of the contents among them."""
    places = Places(page_url, _picture)
    return {path.stem: read_page(path.stem, path.read_text(), places) for path in sorted(_folder().glob("*.md"))}


@cache
def groups() -> list[Group]:
    """The pages in the order of the page of contents; what it does not name comes last."""
    known = pages()
    told = listed((_folder() / f"{CONTENTS}.md").read_text())
    named = {name for _, names in told for name in names} | {CONTENTS}
    more = (MORE, [name for name in known if name not in named])
    return [Group(title, [known[name] for name in names]) for title, names in [*told, more] if names]


def page_url(name: str) -> str:
    return reverse("docs:contents") if name == CONTENTS else reverse("docs:page", args=[name])


def _folder() -> Path:
    return assets("docs")


def _picture(path: str) -> dict[str, str | int | float]:
    """Where a picture of docs/images/ is served, and its size, so that nothing moves when it arrives."""
    name = path.removeprefix("images/")
    with (_folder() / "images" / name).open("rb") as file:
        _, kind, width, height = _PNG.unpack(file.read(_PNG.size))
    size: dict[str, str | int | float] = {"width": width, "height": height} if kind == b"IHDR" else {}
    return {"src": static(f"docs/{name}"), "loading": "lazy", **size}
