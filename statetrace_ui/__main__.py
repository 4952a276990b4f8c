"""The command `statetrace`, also as `python -m statetrace_ui`: what manage.py is in a checkout."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statetrace_ui.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
