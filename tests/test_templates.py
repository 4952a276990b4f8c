"""Templates and stylesheets: lines one can read, colours from one file, styles on every page."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import find, get_finders

from statetrace_ui.web.storage import IMPORT, STYLESHEETS, ModuleManifestStorage

TEMPLATES = sorted((Path(__file__).parents[1] / "templates").rglob("*.html"))
CSS = Path(str(find("css/tokens.css"))).parent
STYLES = sorted(CSS.rglob("*.css"))
SCRIPTS = sorted((CSS.parent / "js").rglob("*.js"))
LONGEST_LINE = 120
COLOUR = re.compile(
    r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b(?![\w-])|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|light-dark)\(",
    re.I,
)
NAMED = re.compile(r":[^;{]*\b(?:black|white|gr[ae]y|silver|red|green|blue|yellow|orange|purple|navy|teal)\b(?![\w-])")
AA = 4.5


def tokens() -> dict[str, tuple[str, str]]:
    """The values of the colours in light and in dark."""
    text = (CSS / "tokens.css").read_text()
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", text)
    return {name: (light, dark) for name, light, dark in found}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_there_are_templates_styles_and_scripts_to_look_at() -> None:
    assert min(map(len, (TEMPLATES, STYLES, SCRIPTS))) > 20


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_lines_of_templates_are_short(path: Path) -> None:
    lines = enumerate(path.read_text().splitlines(), start=1)
    assert [number for number, line in lines if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_polls_rests_in_tabs_that_nobody_sees(path: Path) -> None:
    """`every 2s` of htmx goes on there; `data-poll` (static/js/polling.js) does not."""
    assert not re.search(r'hx-trigger="[^"]*\bevery\b', path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_tag_goes_over_the_end_of_a_line(path: Path) -> None:
    """Django would show it as it is written."""
    lines = enumerate(path.read_text().splitlines(), start=1)
    assert [number for number, line in lines if re.search(r"\{[{%#](?!.*[}%#]\})", line)] == []


@pytest.mark.parametrize("path", [*STYLES, *SCRIPTS, *TEMPLATES], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_colours_are_stated_in_tokens_alone(path: Path) -> None:
    if path.name == "tokens.css":
        return
    text = path.read_text()
    named = NAMED.findall(text) if path.suffix == ".css" else []
    assert [*COLOUR.findall(text), *named] == []


@pytest.mark.parametrize("text", ["color: #fff;", "fill: rgb(1 2 3)", "#a1b2c3d4", "light-dark(var(--a), var(--b))"])
def test_a_colour_is_recognised(text: str) -> None:
    assert COLOUR.search(text)


def test_no_token_states_the_colours_of_another() -> None:
    values = [value for name, value in tokens().items() if name not in {"surface", "surface-raised"}]
    assert len(values) == len(set(values))


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_texts_are_legible_on_every_surface(theme: int) -> None:
    colours = {name: values[theme] for name, values in tokens().items()}
    texts = ("text", "text-soft", "text-faint", "brand", "accent-strong", "good", "warn", "bad", "info")
    surfaces = ("surface", "surface-sunken", "surface-raised", "surface-hover", "surface-selected")
    pairs = [(text, surface) for text in texts for surface in surfaces]
    pairs += [(tone, f"{tone}-surface") for tone in ("good", "warn", "bad", "info")]
    pairs += [("text", f"{tone}-surface") for tone in ("good", "warn", "bad", "info")]
    pairs += [("on-category", f"category-{number}") for number in range(9)] + [("on-accent", "brand")]
    ratios = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < AA} == {}


def test_every_component_is_part_of_every_page() -> None:
    imported = IMPORT.findall((CSS / "site.css").read_text())
    parts = [path.relative_to(CSS).as_posix() for path in STYLES if path.name not in {"site.css", "admin.css"}]
    assert sorted(imported) == sorted(parts)
    pages = [path for path in TEMPLATES if 'rel="stylesheet"' in path.read_text()]
    assert sorted(path.name for path in pages) == ["base.html", "base_site.html"]


def test_collected_stylesheets_are_in_one_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DEBUG", False)
    storage = ModuleManifestStorage(location=tmp_path, base_url="/static/")
    found = {name: (source, name) for finder in get_finders() for name, source in finder.list([])}
    paths = {name: value for name, value in found.items() if name.startswith("css/")}
    for name, (source, path) in paths.items():
        with source.open(path) as file:
            storage.save(name, file)
    assert not [problem for *_, problem in storage.post_process(paths) if isinstance(problem, Exception)]
    for name in STYLESHEETS:
        text = (tmp_path / storage.hashed_files[name]).read_text()
        assert "@import" not in text
        assert "--surface:" in text
        assert ".status::before" in text


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_commands_are_shown_as_the_reader_types_them(template: Path) -> None:
    """By the tag `command`: an installed package has no manage.py."""
    assert "manage.py" not in template.read_text()
