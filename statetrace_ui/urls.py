"""Every address, grouped by its first part."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from statetrace_ui.accounts import log_views
from statetrace_ui.accounts import views as accounts
from statetrace_ui.accounts.sign_on import views as sign_on
from statetrace_ui.operations.disk import views as disk
from statetrace_ui.overview import views as overview
from statetrace_ui.site.palette.views import palette, palette_captured
from statetrace_ui.web.views import choose_organisation

urlpatterns = [
    path("", overview.home, name="home"),
    path("counts/", overview.change_counts, name="change-counts"),
    path("arrangement/", overview.arrangement, name="arrangement"),
    path("note/", overview.note, name="note"),
    path("palette/", palette, name="palette"),
    path("palette/captured/", palette_captured, name="palette-captured"),
    # attention/
    path("attention/", include("statetrace_ui.attention.urls")),
    # watching/
    path("watching/", include("statetrace_ui.watch.urls")),
    # docs/: everybody's
    path("docs/", include("statetrace_ui.docs.urls")),
    # start/: first steps, sample data
    path("start/", include("statetrace_ui.start.urls")),
    # account
    path("account/login/", accounts.SignIn.as_view(), name="login"),
    path("account/logout/", accounts.SignOut.as_view(), name="logout"),
    path("account/password/", accounts.own_password, name="own-password"),
    path("account/first/<str:token>/", accounts.first_administrator, name="first-administrator"),
    # account/login/code/, account/second-factor/
    path("account/", include("statetrace_ui.accounts.second_factor.urls")),
    path("account/sso/", sign_on.begin, name="sign-on"),
    path("account/sso/callback/", sign_on.callback, name="sign-on-callback"),
    path("account/sso/sign-out/", sign_on.sign_out, name="sign-on-sign-out"),
    path("account/sso/link/", sign_on.link, name="link-sign-on"),
    path("account/sso/unlink/", sign_on.unlink, name="unlink-sign-on"),
    path("account/organisation/", choose_organisation, name="choose-organisation"),
    # account/, account/email/, account/sessions/, account/recovery/
    path("account/", include("statetrace_ui.people.account_urls")),
    path("security-log/", log_views.security_log, name="security-log"),
    path("security-log/csv/", log_views.download, name="security-log-csv"),
    # people/, invitation/
    path("", include("statetrace_ui.people.urls")),
    # audited sessions: sessions/, actions/, changes/, records/, sources/
    path("", include("statetrace_ui.history.urls")),
    # sources/<id>/rules/
    path("", include("statetrace_ui.capture.urls")),
    # disk/
    path("disk/", disk.disk, name="disk"),
    path("disk/blocks/", disk.drop_blocks, name="drop_blocks"),
    # deliveries/
    path("deliveries/", include("statetrace_ui.deliveries.urls")),
    # captured sessions: flows/, captured/
    path("", include("replica.urls")),
    # sql/
    path("sql/", include("replica.library.urls")),
    # exports/connection/, exports/deletions/, exports/
    path("exports/connection/", include("replica.databases.urls")),
    path("exports/deletions/", include("replica.deletion.urls")),
    path("exports/", include("replica.exports.urls")),
    # v0/: the API
    path("", include("statetrace_ui.api.urls")),
    # admin/: one way in, one way out, one page for one's password
    path("admin/login/", accounts.admin_sign_in, name="admin-sign-in"),
    path("admin/logout/", accounts.SignOut.as_view(), name="admin-sign-out"),
    path("admin/password_change/", RedirectView.as_view(pattern_name="own-password"), name="admin-own-password"),
    path("admin/", admin.site.urls),
]
