"""`python -m tests.browser.install`: make sure there is a browser to test with; quick when there is.

Tests run in the headless shell: the same engine without the windows of a browser, at a quarter of the cost. It is
Debian's where this machine can install it, else Playwright's own; where neither is to be had, an installed Chromium
serves.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from statetrace_ui.demo.chromium import find_chromium

SHELL = "chromium-headless-shell"
# Says that it was looked for: where it is not to be had, not every run looks for it anew.
LOOKED_FOR = Path(sys.prefix) / "headless-shell-looked-for"
APT = ("apt-get", "-qq", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20")


def find_browser() -> str | None:
    """The path of a headless shell, else of a Chromium, else None."""
    return _find_shell() or find_chromium()


def _find_shell() -> str | None:
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    installed = folder.glob("chromium_headless_shell-*/*/*headless?shell")
    return shutil.which(SHELL) or max(map(str, installed), default=None)


def main() -> None:
    if _find_shell() or (find_chromium() and LOOKED_FOR.exists()):
        return
    LOOKED_FOR.touch()
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing a browser …", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", SHELL, "fonts-liberation"]):
            subprocess.run([*APT, *command], check=False, env=environment, stdout=subprocess.DEVNULL)
    if not _find_shell():
        install = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
        subprocess.run(install, check=find_chromium() is None)


if __name__ == "__main__":
    main()
