from django.urls import path

from statetrace_ui.attention import views

app_name = "attention"
urlpatterns = [
    path("", views.attention, name="list"),
    path("strip/", views.strip, name="strip"),
    path("badges/", views.badges, name="badges"),
    path("seen/", views.mark_seen, name="mark-seen"),
    path("not-seen/", views.mark_not_seen, name="mark-not-seen"),
]
