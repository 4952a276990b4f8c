"""Every address, grouped by its first part."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from statetrace_ui.site.home import home
from statetrace_ui.web.views import choose_organisation

urlpatterns = [
    path("", home, name="home"),
    # account
    path(
        "account/login/",
        LoginView.as_view(template_name="web/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("account/logout/", LogoutView.as_view(), name="logout"),
    path("account/organisation/", choose_organisation, name="choose-organisation"),
    # audited sessions: sessions/, actions/, changes/, records/, sources/
    path("", include("statetrace_ui.history.urls")),
    # sources/<id>/rules/
    path("", include("statetrace_ui.capture.urls")),
    # captured sessions: flows/, captured/
    path("", include("replica.urls")),
    # exports/connection/, exports/
    path("exports/connection/", include("replica.databases.urls")),
    path("exports/", include("replica.exports.urls")),
    path("admin/", admin.site.urls),
]
