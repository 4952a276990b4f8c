import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statetrace_ui.settings")
application = get_wsgi_application()
# The garbage collector need not walk again, in the midst of a page, through what is there for good.
import_module(settings.ROOT_URLCONF)
gc.freeze()
