"""Where the product's files lie: in a checkout, or where its wheel was installed. Imports nothing of the product."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
# A checkout has `templates`, `static` and `docs` at its top, the wheel in here (pyproject.toml, force-include).
_ASSETS = _PACKAGE / "_assets"
INSTALLED = _ASSETS.is_dir()
# The folder of the packages `statetrace_ui` and `replica`: the checkout, or site-packages.
ROOT = _PACKAGE.parent


def assets(name: str) -> Path:
    """The folder `templates`, `static` or `docs`."""
    return (_ASSETS if INSTALLED else ROOT) / name


def data_folder() -> Path:
    """The folder in which `.statetrace` lies unless STATETRACE_HOME says otherwise; never site-packages."""
    return Path.cwd() if INSTALLED else ROOT


def command(line: str) -> str:
    """`line`, such as "up", as it has to be typed here: `statetrace up`, in a checkout `python manage.py up`."""
    return f"statetrace {line}" if INSTALLED else f"python manage.py {line}"
