"""What Django's error page may show with DEBUG on."""

from django.conf import settings
from django.views.debug import get_default_exception_reporter_filter


def test_it_shows_no_credentials() -> None:
    shown = str(get_default_exception_reporter_filter().get_safe_settings())
    password = settings.DATABASES["default"]["PASSWORD"]
    assert password
    assert password not in shown
    assert settings.SECRET_KEY not in shown
