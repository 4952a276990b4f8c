"""Settings for Django's error page under DEBUG."""

import re

from django.views.debug import SafeExceptionReporterFilter


class HidesUrls(SafeExceptionReporterFilter):
    """Also hides the settings that hold database URLs, because these contain passwords."""

    hidden_settings = re.compile(f"{SafeExceptionReporterFilter.hidden_settings.pattern}|URL", flags=re.IGNORECASE)
