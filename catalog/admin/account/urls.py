"""The addresses at which staff log in and manage their account. No page creates an account. The names are allauth's, which looks
up its pages by them.
"""

from allauth.mfa.webauthn.views import login_webauthn
from django.urls import path

from catalog.admin.account import pages, password_reset
from catalog_site.logins import account_of_form, account_of_login, account_of_session, limited, mailing, paced

urlpatterns = [
    path("login/", limited(pages.Login.as_view(), account_of_form), name="account_login"),
    path("login/again/", pages.login_again, name="login_again"),
    path("login/code/", limited(pages.Code.as_view(), account_of_login), name="mfa_authenticate"),
    path("login/passkey/", paced(login_webauthn), name="mfa_login_webauthn"),
    path("password_reset/", mailing(password_reset.Reset.as_view()), name="admin_password_reset"),
    path("password_reset/done/", password_reset.ResetDone.as_view(), name="password_reset_done"),
    path("account/", pages.SecondFactors.as_view(), name="mfa_index"),
    path("account/confirm/", limited(pages.Confirm.as_view(), account_of_session), name="account_reauthenticate"),
    path("account/confirm/code/", limited(pages.ConfirmWithCode.as_view(), account_of_session), name="mfa_reauthenticate"),
    path("account/confirm/key/", pages.ConfirmWithKey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("account/app/", pages.AddApp.as_view(), name="mfa_activate_totp"),
    path("account/app/remove/", pages.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("account/keys/", pages.AddKey.as_view(), name="mfa_add_webauthn"),
    path("account/keys/<int:pk>/rename/", pages.RenameKey.as_view(), name="mfa_edit_webauthn"),
    path("account/keys/<int:pk>/remove/", pages.RemoveKey.as_view(), name="mfa_remove_webauthn"),
    path("account/recovery-codes/", pages.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", pages.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("password_change/", pages.OwnPassword.as_view(), name="own_password"),  # in place of the admin's
    path("account/sessions/", pages.sessions, name="sessions"),
    path("account/sessions/<int:user_id>/", pages.sessions, name="sessions_of"),
]
