import re

from django.views.debug import SafeExceptionReporterFilter


class HidesUrls(SafeExceptionReporterFilter):
    """Django's error page for DEBUG, without the settings that hold database URLs: those hold passwords."""

    hidden_settings = re.compile(f"{SafeExceptionReporterFilter.hidden_settings.pattern}|URL", flags=re.IGNORECASE)
