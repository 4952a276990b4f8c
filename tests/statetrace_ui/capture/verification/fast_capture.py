"""`manage.py run_capture` that looks and reports sooner, in a child process; whenever a test kills it, another begins.

The child is forked after everything is imported: so it begins at once, as a fresh process.
"""

import os
import sys

import django

if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    from statetrace_ui.capture import fleet, keeping, table_watch, worker

    worker.IDLE_SECONDS = worker.REPORT_SECONDS = 0.05
    fleet.LOOK_SECONDS = fleet.PAUSE_SECONDS = 0.1
    keeping.FIRST_PAUSE_SECONDS, keeping.LONGEST_PAUSE_SECONDS = 0.1, 0.5
    keeping.PROBE_SECONDS = 0.1
    table_watch.LOOK_SECONDS, table_watch.PAUSE_SECONDS = 0.2, 0.1
    table_watch.LONGEST_PAUSE_SECONDS = 0.5
    while (child := os.fork()) != 0:
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit("The worker has ended by itself.")
    call_command("run_capture")
