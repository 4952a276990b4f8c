"""Addresses of endpoints and deliveries."""

from django.urls import path

from statetrace_ui.deliveries import views

app_name = "deliveries"
urlpatterns = [
    path("", views.delivery_list, name="list"),
    path("<int:pk>/", views.delivery, name="delivery"),
    path("<int:pk>/again/", views.send_again, name="again"),
    path("endpoints/add/", views.add_endpoint, name="add"),
    path("endpoints/<int:pk>/", views.endpoint, name="endpoint"),
    path("endpoints/<int:pk>/secret/", views.renew_secret, name="secret"),
    path("endpoints/<int:pk>/pause/", views.pause_endpoint, name="pause"),
    path("endpoints/<int:pk>/test/", views.send_test, name="test"),
    path("endpoints/<int:pk>/remove/", views.remove_endpoint, name="remove"),
]
