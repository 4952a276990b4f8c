"""The lists of single event models of django-pghistory, which a project registers itself. Those of all come with it."""

from django.contrib import admin
from pghistory.admin import EventModelAdmin

from benchmarks.ask.peers.models import MODELS


class Events(EventModelAdmin):  # type: ignore[misc]
    list_display = ("pgh_created_at", "pgh_label", "pgh_obj", "pgh_context")
    list_select_related = ("pgh_obj", "pgh_context")
    search_fields = ("customer", "state", "note", "pgh_context__metadata")
    ordering = ("-pgh_id",)
    list_filter = (*EventModelAdmin.list_filter, "state")


for model in MODELS.values():
    admin.site.register(model.pgh_event_model, Events)  # type: ignore[attr-defined]
