"""Pages out of Markdown. Pure: where links and pictures lead is told by whoever asks for a page."""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

Env = MutableMapping[str, int]
# `asking.md#terms`: a page beside this one, and perhaps a heading of it.
BESIDE = re.compile(r"([\w-]+)\.md(?:#([\w-]+))?")


@dataclass(frozen=True, slots=True)
class Places:
    """page: the address of a page, by its name. picture: the attributes of a picture, by its path beside the page."""

    page: Callable[[str], str]
    picture: Callable[[str], Mapping[str, str | int | float]]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text below it, up to the next heading. level: 1 for the page's own title."""

    anchor: str
    title: str
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    html: str
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        return self.sections[0].title if self.sections else self.name


def read_page(name: str, markdown: str, places: Places) -> Page:
    tokens = _PARSER.parse(markdown)
    sections = tuple(_sections(tokens))
    for token in _inline(tokens):
        _lead(token, places)
    env: Env = {}
    return Page(name, _PARSER.renderer.render(tokens, _PARSER.options, env), sections)


def listed(markdown: str) -> list[tuple[str, list[str]]]:
    """(heading, names of the pages linked below it) of a page of contents."""
    groups: list[tuple[str, list[str]]] = []
    tokens = _PARSER.parse(markdown)
    for token, following in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            groups.append((_words(following), []))
        for child in following.children or []:
            if groups and child.type == "link_open" and (match := BESIDE.fullmatch(str(child.attrs["href"]))):
                groups[-1][1].append(match[1])
    return groups


def _sections(tokens: Sequence[Token]) -> Iterator[Section]:
    """Gives each heading its anchor on the way."""
    anchors: dict[str, int] = {}
    heads = [place for place, token in enumerate(tokens) if token.type == "heading_open"]
    for place, end in pairwise([*heads, len(tokens)]):
        title = _words(tokens[place + 1])
        anchor = _anchor(title, anchors)
        tokens[place].attrSet("id", anchor)
        text = " ".join(filter(None, map(_words, tokens[place + 3 : end])))
        yield Section(anchor, title, int(tokens[place].tag[1:]), text)


def _anchor(title: str, taken: dict[str, int]) -> str:
    """The anchor that forges give the same heading, so that a link holds there and here."""
    name = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
    taken[name] = taken.get(name, -1) + 1
    return f"{name}-{taken[name]}" if taken[name] else name


def _words(token: Token) -> str:
    """The text of a token, without its marks."""
    if token.type == "inline":
        return "".join(" " if child.type == "softbreak" else child.content for child in token.children or [])
    return token.content.strip() if token.type in ("fence", "code_block") else ""


def _inline(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or []


def _lead(token: Token, places: Places) -> None:
    """Let a link lead to the site's page, a picture to where it is served."""
    if token.type == "image":
        token.attrs.update(places.picture(str(token.attrs["src"])))
    elif token.type == "link_open":
        href = str(token.attrs["href"])
        if match := BESIDE.fullmatch(href):
            token.attrSet("href", places.page(match[1]) + (f"#{match[2]}" if match[2] else ""))
        elif not href.startswith("#"):
            token.attrSet("rel", "noreferrer")


class _Renderer(RendererHTML):
    """Blocks of code have a button that copies them; tables scroll by themselves."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:  # noqa: ARG002
        env["blocks"] = number = env.get("blocks", 0) + 1
        return (
            f'<div class="code"><pre id="code-{number}">{escapeHtml(tokens[idx].content)}</pre>'
            f'<button class="button quiet" type="button" data-copy="code-{number}"'
            f' aria-label="Copy block {number}">Copy</button></div>\n'
        )

    code_block = fence

    def table_open(self, *_: object) -> str:
        return '<div class="table-wrap"><table class="table">\n'

    def table_close(self, *_: object) -> str:
        return "</table></div>\n"


_PARSER = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
