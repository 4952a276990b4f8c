"""When a page shows its largest part to a browser that has nothing of the site yet, and how much moves meanwhile.

Run: python -m benchmarks.paint URL NAME PASSWORD [PATH …]. URL: of a running site, such as `make demo`; PATH: / unless
told. Each visit has an empty cache and a connection of its own. Beside it, in turn: the page about one's account, which
is next to empty and has the same frame, so that the ratio says what the page itself costs.
"""

import argparse
from statistics import median
from urllib.parse import urljoin

from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.browser.install import find_browser

ROUNDS = 15
WIDTHS = (1280, 390)
BARE = "/account/"
SETTLE_MS = 600
WATCH = """
    window.painted = 0; window.moved = 0;
    new PerformanceObserver((list) => { for (const one of list.getEntries()) window.painted = one.startTime; })
        .observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => { for (const one of list.getEntries()) window.moved += one.value; })
        .observe({ type: "layout-shift", buffered: true });
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("url", "name", "password"):
        parser.add_argument(name)
    parser.add_argument("paths", nargs="*", default=["/"])
    told = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser())
        state = _sign_in(browser, told.url, told.name, told.password)
        print("page  width  LCP cold, median and worst (ms)  beside the bare page  layout shift, worst")
        for path in told.paths:
            for width in WIDTHS:
                _report(browser, state, told.url, path, width)


def _sign_in(browser: Browser, url: str, name: str, password: str) -> StorageState:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(urljoin(url, "/account/login/"))
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_label("Password").press("Enter")
        page.wait_for_load_state("networkidle")
        return context.storage_state()


def _report(browser: Browser, state: StorageState, url: str, path: str, width: int) -> None:
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(_visit(browser, state, urljoin(url, path), width))
        bare.append(_visit(browser, state, urljoin(url, BARE), width))
    painted = [at for at, _ in ours]
    ratio = median(painted) / median(at for at, _ in bare)
    moved = max(moved for _, moved in ours)
    print(f"{path}  {width}  {median(painted):.0f} {max(painted):.0f}  {ratio:.2f} x  {moved:.3f}")


def _visit(browser: Browser, state: StorageState, address: str, width: int) -> tuple[float, float]:
    """When its largest part was painted, in ms, and how much moved, as Core Web Vitals count."""
    with browser.new_context(storage_state=state, viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(address, wait_until="networkidle")
        page.wait_for_timeout(SETTLE_MS)
        painted, moved = page.evaluate("[window.painted, window.moved]")
        return float(painted), float(moved)


if __name__ == "__main__":
    main()
