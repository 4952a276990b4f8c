from django.urls import path

from statetrace_ui.watch import views

app_name = "watch"
urlpatterns = [
    path("", views.watching, name="list"),
    path("watch/", views.watch, name="watch"),
    path("stop/", views.stop, name="stop"),
    path("read/", views.mark_read, name="mark-read"),
    path("telling/", views.set_telling, name="set-telling"),
]
