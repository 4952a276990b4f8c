"""Pages preload what their modules import, under the names that the browser will ask for."""

import re
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
from django.contrib.staticfiles import finders, storage
from django.template import Context, Template

from statetrace_ui.web import modules
from statetrace_ui.web.storage import ModuleManifestStorage

ENTRIES = ["js/site.js", "js/timeline/index.js", "js/flame/index.js", "js/chart.js", "js/drawer.js"]
PRELOAD = re.compile(r'<link rel="modulepreload" href="([^"]+)">')
SCRIPT = re.compile(r'<script type="module" src="([^"]+)"></script>')


def rendered(entry: str) -> tuple[list[str], list[str]]:
    """The addresses that the tag preloads, and those of its scripts."""
    html = Template(f"{{% module '{entry}' %}}").render(Context())
    return PRELOAD.findall(html), SCRIPT.findall(html)


def test_what_is_imported_over_corners_is_preloaded_once() -> None:
    preloads, scripts = rendered("js/flame/index.js")
    assert scripts == ["/static/js/flame/index.js"]
    assert "/static/js/flame/modes/heavy.js" in preloads
    assert "/static/js/canvas/range.js" in preloads
    assert len(preloads) == len(set(preloads))
    assert "/static/js/flame/index.js" not in preloads


def test_a_module_without_imports_preloads_nothing() -> None:
    assert rendered("js/drawer.js") == ([], ["/static/js/drawer.js"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('import "./a.js";\nimport {b} from "../b.js";', ["js/x/a.js", "js/b.js"]),
        ('import {\n  one,\n  two,\n} from "./long.js";', ["js/x/long.js"]),
        ('import * as all from "./all.js";\nexport { z } from "./all.js";', ["js/x/all.js"]),
        ('// import "./comment.js"\nconst text = "import ./no.js";', []),
    ],
)
def test_every_way_of_importing_is_seen(
    text: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "entry.js").write_text(text)
    monkeypatch.setattr(finders, "find", lambda _: str(tmp_path / "entry.js"))
    assert modules.imports("js/x/entry.js") == names


def test_a_module_that_is_missing_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"js/nowhere\.js"):
        modules.needed("js/nowhere.js")


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> ModuleManifestStorage:
    """The modules as a production site serves them: gathered, hashed, their imports rewritten."""
    made = ModuleManifestStorage(location=tmp_path_factory.mktemp("static"), base_url="/static/")
    sources = [(name, source) for finder in finders.get_finders() for name, source in finder.list([])]
    found = {name: (source, name) for name, source in sources if name.startswith(("js/", "css/"))}
    for name, (source, _) in found.items():
        with source.open(name) as file:
            made.save(name, file)
    for _, _, processed in made.post_process(found):
        assert not isinstance(processed, Exception), processed
    return made


@pytest.fixture
def hashed(gathered: ModuleManifestStorage, monkeypatch: pytest.MonkeyPatch) -> ModuleManifestStorage:
    """Pages name those files."""
    monkeypatch.setattr(storage, "staticfiles_storage", gathered)
    return gathered


@pytest.mark.parametrize("entry", ENTRIES)
def test_preloads_are_what_hashed_modules_import(entry: str, hashed: ModuleManifestStorage) -> None:
    preloads, [script] = rendered(entry)
    asked = [script]
    for address in asked:
        text = (Path(hashed.location) / address.removeprefix("/static/")).read_text()
        for other in re.findall(r'(?:from|import)\s*"(\.[^"]+)"', text):
            imported = normpath(join(dirname(address), "".join(other)))
            if imported not in asked:
                asked.append(imported)
    assert sorted(preloads) == sorted(asked[1:])
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", address) for address in asked)
