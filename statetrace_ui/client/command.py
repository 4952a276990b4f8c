"""`statetrace api METHOD PATH [BODY]`: one call, or all pages of a list, as JSON on the standard output.

It runs wherever httpx is, without the dashboard's settings or databases.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from statetrace_ui.client.client import Refused, Statetrace

EXAMPLES = """
examples:
  statetrace api GET userflows
  statetrace api PUT userflows '{"name": "Checkout"}'
  statetrace api GET audited/changes q='table:orders kind:delete' --all
  statetrace api POST userflows/USER_FLOW_ID/sessions --file recording.har
"""


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        token = options.token_file.read_text().strip() if options.token_file else os.environ.get("STATETRACE_TOKEN", "")
        if not token:
            raise ValueError("Say which token: set STATETRACE_TOKEN, or give --token-file.")
        query, body = _sorted(options.more)
    except (OSError, ValueError) as error:
        return _fail(str(error), 2)
    try:
        with Statetrace(options.url, token) as site:
            _print(site, options, query, body)
    except Refused as refusal:
        return _fail(str(refusal))
    except httpx.HTTPError as error:
        return _fail(f"{options.url} does not answer: {error}")
    return 0


def _sorted(more: Sequence[str]) -> tuple[dict[str, str], Any]:
    """The query and the body. Raises ValueError."""
    bodies = [text for text in more if text.lstrip()[:1] in ("{", "[")]
    pairs = [text.partition("=") for text in more if text not in bodies]
    if len(bodies) > 1 or not all(name and is_given for name, is_given, _ in pairs):
        raise ValueError("After the path come NAME=VALUE, and one body of JSON at most.")
    return {name: value for name, _, value in pairs}, json.loads(bodies[0]) if bodies else None


def _print(site: Statetrace, options: argparse.Namespace, query: dict[str, str], body: Any) -> None:
    if options.all:
        for page in site.pages(options.path, query):
            _show(page)
    elif options.files:
        _show(site.send_files(options.path, options.files, query))
    else:
        _show(site.call(options.method, options.path, body, params=query))


def _show(value: Any) -> None:
    if value is not None:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _fail(sentence: str, code: int = 1) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="statetrace api",
        description="Calls the API of a site. The token comes from STATETRACE_TOKEN, the site from STATETRACE_URL.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("method", choices=["GET", "POST", "PUT", "DELETE"])
    parser.add_argument("path", help="below /v0/, for example userflows")
    parser.add_argument("more", nargs="*", help="NAME=VALUE of the query; a body of JSON")
    parser.add_argument("--all", action="store_true", help="all pages of a list")
    parser.add_argument("--file", action="append", default=[], type=Path, dest="files", help="a file to import")
    parser.add_argument("--url", default=os.environ.get("STATETRACE_URL", "http://localhost:8000"))
    parser.add_argument("--token-file", type=Path, help="a file that holds the token")
    return parser
