"""Addresses of the first steps."""

from django.urls import path

from statetrace_ui.start import views

app_name = "start"
urlpatterns = [
    path("", views.first_steps, name="page"),
    path("lights/", views.lights, name="lights"),
    path("import/", views.import_session, name="import"),
    path("sample/put/", views.put_sample, name="put_sample"),
    path("sample/take/", views.take_sample, name="take_sample"),
    path("hide/", views.dismiss, name="hide"),
    path("tour/leave/", views.leave_tour, name="leave_tour"),
    path("show/", views.bring_back, name="show"),
]
