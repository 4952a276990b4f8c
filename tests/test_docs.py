"""What the code reads from the environment, the documentation names."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
READ = re.compile(r"""(?:env\.(?:text|secret|flag|number|words)\(|environ(?:\.get\(|\[))\s*["']([A-Z_]+)["']""")


def test_every_setting_is_documented() -> None:
    sources = [*ROOT.glob("statetrace_ui/*.py"), *ROOT.glob("replica/**/*.py")]
    names = {name for path in sources for name in READ.findall(path.read_text())} - {"DJANGO_SETTINGS_MODULE"}
    documented = (ROOT / "docs" / "settings.md").read_text()
    assert names
    assert sorted(name for name in names if f"`{name}`" not in documented) == []


def test_every_direct_dependency_has_its_reason() -> None:
    listed = (ROOT / "docs" / "dependencies.md").read_text()
    lines = [line for name in ("app.in", "dev.in") for line in (ROOT / "requirements" / name).read_text().splitlines()]
    packages = [match[0] for line in lines if (match := re.match(r"[a-z][a-z0-9-]+", line))]
    assert [package for package in packages if package not in listed] == []
