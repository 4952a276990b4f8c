"""Addresses of one's own account, beside signing in, the password and the second factor."""

from django.urls import path

from statetrace_ui.people import profile_views, recovery_views

urlpatterns = [
    path("", profile_views.profile, name="profile"),
    path("email/", profile_views.change_email, name="change-email"),
    path("email/<str:token>/", profile_views.confirm_email, name="confirm-email"),
    path("sessions/", profile_views.browser_sessions, name="browser-sessions"),
    path("sessions/end/", profile_views.end_session, name="end-session"),
    path("recovery/", recovery_views.recover, name="recover"),
    path("recovery/<str:uidb64>/<str:token>/", recovery_views.NewPassword.as_view(), name="new-password"),
]
