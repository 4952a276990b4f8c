#!/usr/bin/env python
"""Django's command line: `python manage.py help` lists its commands."""

from statetrace_ui.__main__ import main

if __name__ == "__main__":
    main()
