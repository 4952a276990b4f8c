"""Addresses of the second factor."""

from django.urls import path

from statetrace_ui.accounts.second_factor import views

urlpatterns = [
    path("login/code/", views.sign_in_code, name="sign-in-code"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("second-factor/app/", views.begin_authenticator, name="begin-authenticator"),
    path("second-factor/app/confirm/", views.confirm_authenticator, name="confirm-authenticator"),
    path("second-factor/passkeys/", views.begin_passkey, name="begin-passkey"),
    path("second-factor/passkeys/add/", views.add_passkey, name="add-passkey"),
    path("second-factor/codes/", views.renew_recovery_codes, name="renew-recovery-codes"),
    path("second-factor/remove/", views.remove_second_factor, name="remove-second-factor"),
]
