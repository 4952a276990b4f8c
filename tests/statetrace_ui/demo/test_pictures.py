"""Pictures are of pages that there are, each is shown somewhere, and the film is short."""

import re
from pathlib import Path

import pytest
from PIL import Image

from statetrace_ui.demo.recording import pictures
from statetrace_ui.demo.recording.pictures import PICTURES, SCENES, Shot

ROOT = Path(__file__).parents[3]
STAND_INS = dict.fromkeys((pictures.FLOW, pictures.CAPTURED), "11111111-1111-4111-8111-111111111111")
STAND_INS |= {pictures.CANARY: "1", pictures.AUDITED: "1"}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_there_is_a_file_of_each_and_no_other() -> None:
    assert {path.name for path in pictures.FOLDER.iterdir()} == {*PICTURES, pictures.FILM}


@pytest.mark.parametrize("name", [*PICTURES, pictures.FILM])
def test_each_is_shown_with_words_for_those_who_do_not_see_it(name: str) -> None:
    shown = [re.findall(rf"!\[([^\]]+)\]\((?:docs/)?images/{re.escape(name)}\)", page.read_text()) for page in PAGES]
    assert any(len(words) > 10 for found in shown for words in found)


@pytest.mark.parametrize("shot", [*PICTURES.values(), *(shot for _, shot in SCENES)], ids=lambda shot: shot.view)
def test_each_is_of_a_page_that_there_is(shot: Shot) -> None:
    """`reverse` fails for a page that is gone."""
    address = shot.address(STAND_INS)
    assert not any(name in address for name in STAND_INS)


def test_the_film_is_short() -> None:
    path = pictures.FOLDER / pictures.FILM
    assert path.stat().st_size < 2 << 20
    with Image.open(path) as film:
        assert film.size[0] == pictures.FILM_WIDTH
        assert getattr(film, "n_frames", 1) == len(SCENES)
    assert len(SCENES) * pictures.FRAME_MS < 30_000
