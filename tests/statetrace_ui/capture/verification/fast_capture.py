"""`manage.py run_capture` that looks and reports sooner, as a process which a test kills."""

import django

if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    from statetrace_ui.capture import keeping, table_watch, worker

    worker.IDLE_SECONDS = worker.REPORT_SECONDS = 0.05
    keeping.FIRST_PAUSE_SECONDS, keeping.LONGEST_PAUSE_SECONDS = 0.2, 1.0
    keeping.PROBE_SECONDS = 0.1
    table_watch.LOOK_SECONDS, table_watch.PAUSE_SECONDS = 0.2, 0.2
    table_watch.LONGEST_PAUSE_SECONDS = 1.0
    call_command("run_capture")
