"""The documentation's pictures and its film: which page of the running demo each shows, and what is done there."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from replica.exports.models import UserFlowExport
from statetrace_ui.demo import recordings, story
from statetrace_ui.history.models import Session

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = Path(__file__).parents[3] / "docs" / "images"
FILM = "film.webp"
FLOW, CANARY, CAPTURED, AUDITED = "FLOW", "CANARY", "CAPTURED", "AUDITED"  # stand for ids in addresses
GROUPS = (("flow", FLOW), ("base", "variant=fast"), ("new", "variant=slow"))
SHOWN_RECORDING = "slow-4"
WIDTH, HEIGHT = 1280, 860
FILM_WIDTH = 960
FRAME_MS = 2_600
# Nothing that is seen without scrolling is still waited for.
SETTLED = """() => {
    const waiting = [...document.querySelectorAll('[data-settled=false], .skeleton')];
    return !waiting.some((part) => part.checkVisibility() && part.getBoundingClientRect().top < innerHeight);
}"""
# The page's own style sheets say nothing of captions: it is drawn by the script that takes the film.
CAPTION = """text => {
    document.querySelector('.tour')?.remove();
    const line = document.createElement('p');
    line.textContent = text;
    Object.assign(line.style, {
        position: 'fixed', inset: 'auto 0 0 0', margin: 0, padding: '14px 24px', zIndex: 99, fontSize: '22px',
        color: 'white', background: 'rgb(20 26 36 / 92%)',
    });
    document.body.append(line);
}"""


@dataclass(frozen=True, slots=True)
class Shot:
    """view, ids: the page; query: of its address. then: what is done there before the picture is taken.

    clip: x, y, width, height of the part that is shown; all of the window where there is none.
    """

    view: str
    ids: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    then: "Callable[[Page], None]" = field(default=lambda _: None)
    dark: bool = False
    clip: tuple[int, int, int, int] | None = None

    def address(self, ids: dict[str, str]) -> str:
        query = [(name, ids.get(value, value)) for name, value in self.query]
        path = reverse(self.view, args=[ids.get(name, name) for name in self.ids])
        return f"{path}?{urlencode(query)}" if query else path


def _open_checkout(page: "Page") -> None:
    """Select the request that wrote the order: its rows are then told below."""
    if lane := page.get_by_text("Rafael Duarte", exact=True).last.bounding_box():
        page.mouse.click(614, lane["y"] + lane["height"] / 2)
    page.locator("#inspector").get_by_text("shop_order", exact=False).first.wait_for()


def _open_first_change(page: "Page") -> None:
    page.locator("main [data-row]").first.click()
    page.locator(".diff").first.wait_for()


def _drop_tour(page: "Page") -> None:
    page.evaluate("document.querySelector('.tour')?.remove()")


MOMENT = (("from", "12850"), ("to", "13750"))
OUTSIDE = (("q", "outside"),)
PICTURES = {
    "moment.png": Shot("replica:session", (CAPTURED,), MOMENT, _open_checkout, clip=(190, 170, 1090, 690)),
    "first-page.png": Shot("home", query=(("range", "7d"),), then=_drop_tour),
    "changes.png": Shot("history:changes", query=OUTSIDE, then=_open_first_change, dark=True),
    "audited.png": Shot("history:session", (AUDITED,)),
    "compare.png": Shot("replica:compare", query=GROUPS),
    "flame.png": Shot("replica:flame_diff", query=GROUPS),
    "labels.png": Shot("replica:labels", (CAPTURED,)),
    "failed-sync.png": Shot("exports:export", (CANARY,)),
    "first-steps.png": Shot("start:page"),
}
SCENES = (
    ("The first page: what needs attention", Shot("home")),
    ("A refund that no request made", Shot("history:changes", query=OUTSIDE)),
    ("… what it changed", Shot("history:changes", query=OUTSIDE, then=_open_first_change)),
    ("A purchase got slower: by how much, where", Shot("replica:compare", query=GROUPS)),
    ("… and which functions took the time", Shot("replica:flame_diff", query=GROUPS)),
    ("One axis: tap, request, calls", Shot("replica:session", (CAPTURED,), MOMENT)),
    ("… and the rows that the request wrote", Shot("replica:session", (CAPTURED,), MOMENT, _open_checkout)),
    ("A sync that failed says why", Shot("exports:export", (CANARY,))),
)


def ids() -> dict[str, str]:
    """What the stand-ins stand for in this installation."""
    flow = UserFlowExport.objects.get(organisation__slug="demo", name=recordings.USER_FLOW)
    details = recordings.details(recordings.FOLDER / SHOWN_RECORDING, flow.user_flow_id)
    key = next(tag.value for tag in details.tags if tag.key == "statetrace_session_id")
    return {
        FLOW: flow.user_flow_id,
        CANARY: str(UserFlowExport.objects.get(organisation__slug="demo", name=story.CANARY_FLOW).pk),
        CAPTURED: str(details.session_id),
        AUDITED: str(Session.objects.get(source__organisation__slug="demo", key=key).pk),
    }


def take(browser: "Browser", site: str, user: str, password: str, known: dict[str, str]) -> Iterator[str]:
    """Write each picture and the film; the names of the files, one after the other. known: what `ids` found."""
    for name, shot in PICTURES.items():
        with _signed_in(browser, site, user, password, shot.dark) as page:
            (FOLDER / name).write_bytes(_taken(page, site, shot, known))
        yield name
    with _signed_in(browser, site, user, password) as page:
        frames = [_taken(page, site, shot, known, caption) for caption, shot in SCENES]
    (FOLDER / FILM).write_bytes(_film(frames))
    yield FILM


@contextmanager
def _signed_in(browser: "Browser", site: str, user: str, password: str, dark: bool = False) -> "Iterator[Page]":
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        timezone_id="UTC",
    )
    page = context.new_page()
    page.goto(site + reverse("login"))
    page.get_by_label("Name").fill(user)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/")
    yield page
    context.close()


def _taken(page: "Page", site: str, shot: Shot, known: dict[str, str], caption: str = "") -> bytes:
    page.goto(site + shot.address(known))
    page.wait_for_function(SETTLED)
    shot.then(page)
    page.wait_for_timeout(500)  # charts and canvases draw in their own time
    if caption:
        page.evaluate(CAPTION, caption)
    if shot.clip is None:
        return page.screenshot()
    x, y, width, height = shot.clip
    return page.screenshot(clip={"x": x, "y": y, "width": width, "height": height})


def _film(frames: list[bytes]) -> bytes:
    from PIL import Image

    pictures = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    size = (FILM_WIDTH, round(FILM_WIDTH * HEIGHT / WIDTH))
    first, *others = [picture.resize(size, Image.Resampling.LANCZOS) for picture in pictures]
    film = io.BytesIO()
    first.save(film, "WEBP", save_all=True, append_images=others, duration=FRAME_MS, loop=0, quality=82, method=6)
    return film.getvalue()
