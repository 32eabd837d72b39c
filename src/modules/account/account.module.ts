import { Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { MailModule } from '../mail/mail.module.js'
import { OutboxModule } from '../outbox/outbox.module.js'
import { RepoModule } from '../repo/repo.module.js'
import { AccountAdminController } from './account-admin.controller.js'
import { AccountErasure } from './life/account-erasure.js'
import { AccountGenesis } from './sign-up/account-genesis.js'
import { AccountStatus } from './life/account-status.js'
import { ActivateAccountHandler } from './life/activate-account.js'
import { AccountRegistration } from './sign-up/account-registration.js'
import { Accounts } from './accounts.js'
import { AdoptAccountHandler } from './sign-up/adopt-account.js'
import { AdoptedIdentities } from './sign-up/adopted-identity.js'
import { AdoptionRegistration } from './sign-up/adoption-registration.js'
import { AppPasswordController } from './sessions/app-password.controller.js'
import { AppPasswords } from './sessions/app-passwords.js'
import { ClaimInviteCodesHandler } from './invites/claim-invite-codes.js'
import { ConfirmEmailHandler } from './contact/confirm-email.js'
import { ContactAdminController } from './contact/contact-admin.controller.js'
import { ContactController } from './contact/contact.controller.js'
import { RequestCodeHandler } from './contact/request-code.js'
import { RequestEmailUpdateHandler } from './contact/request-email-update.js'
import { SendModerationMailHandler } from './contact/send-moderation-mail.js'
import { SetEmailHandler } from './contact/set-email.js'
import { UpdateEmailHandler } from './contact/update-email.js'
import { CreateAccountHandler } from './sign-up/create-account.js'
import { CreateAppPasswordHandler } from './sessions/create-app-password.js'
import { CreateInviteCodesHandler } from './invites/create-invite-codes.js'
import { CreateSessionHandler } from './sessions/create-session.js'
import { Credentials } from './identity/credentials.js'
import { DeactivateAccountHandler } from './life/deactivate-account.js'
import { DeleteAccountHandler } from './life/delete-account.js'
import { DeleteOwnAccountHandler } from './life/delete-own-account.js'
import { DeleteSessionHandler } from './sessions/delete-session.js'
import { DisableInviteCodesHandler } from './invites/disable-invite-codes.js'
import { EmailCodes } from './email-codes.js'
import { BeginTotpHandler } from './factors/begin-totp.js'
import { ConfirmTotpHandler } from './factors/confirm-totp.js'
import { CurrentPassword } from './factors/current-password.js'
import { FactorAdminController } from './factors/factor-admin.controller.js'
import { FactorController } from './factors/factor.controller.js'
import { Guesses } from './factors/guesses.js'
import { RemoveFactorsHandler } from './factors/remove-factors.js'
import { RemoveTotpHandler } from './factors/remove-totp.js'
import { SecondFactors } from './factors/second-factors.js'
import { Totp } from './factors/totp.js'
import { HandleRegistration } from './identity/handle-registration.js'
import { InviteCodes } from './invites/invite-codes.js'
import { InviteQueries } from './invites/invite-queries.js'
import { InviteAdminController, InvitesController } from './invites/invites.controller.js'

import { NamedAccounts } from './named-accounts.js'
import { IdentityAdminController } from './identity/identity-admin.controller.js'
import { SigningKeyChange } from './identity/key-change.js'
import { KeyRenewal } from './identity/key-renewal.js'
import { RotateKeysHandler } from './identity/rotate-keys.js'
import { UpdateSigningKeyHandler } from './identity/update-signing-key.js'
import { IdentityChanges } from './identity/identity-changes.js'
import { IncomingDids } from './sign-up/incoming-dids.js'
import { LifeController } from './life/life.controller.js'
import { OperationRegistration } from './identity/operation-registration.js'
import { OwnIdentityController } from './identity/own-identity.controller.js'
import { PlannedDeletions } from './life/planned-deletions.js'
import { RefreshIdentityHandler } from './identity/refresh-identity.js'
import { RequestPlcSignatureHandler } from './identity/request-plc-signature.js'
import { SignPlcOperationHandler } from './identity/sign-plc-operation.js'
import { SubmitPlcOperationHandler } from './identity/submit-plc-operation.js'
import { NewIdentities } from './sign-up/new-identity.js'
import { ChangePasswordHandler } from './password/change-password.js'
import { NewCredentials } from './password/new-credentials.js'
import { RequestPasswordResetHandler } from './password/request-password-reset.js'
import { ResetPasswordHandler } from './password/reset-password.js'
import { SetPasswordHandler } from './password/set-password.js'
import { Passwords } from './password/passwords.js'
import { RefreshSessionHandler } from './sessions/refresh-session.js'
import { RevokeAppPasswordHandler } from './sessions/revoke-app-password.js'
import { RevokeSessionsHandler } from './sessions/revoke-sessions.js'
import { ServerController } from './server.controller.js'
import { ServiceAuthController } from './sessions/service-auth.controller.js'
import { SessionsController } from './sessions/sessions.controller.js'
import { SetAccountInvitesHandler } from './invites/set-account-invites.js'
import { SignUpRules } from './sign-up/sign-up-rules.js'
import { UpdateHandleHandler } from './identity/update-handle.js'

@Module({
  imports: [CqrsModule, MailModule, OutboxModule, RepoModule],
  controllers: [
    ServerController,
    SessionsController,
    AppPasswordController,
    ServiceAuthController,
    InvitesController,
    InviteAdminController,
    AccountAdminController,
    ContactController,
    ContactAdminController,
    FactorController,
    FactorAdminController,
    LifeController,
    OwnIdentityController,
    IdentityAdminController,
  ],
  providers: [
    AccountErasure,
    AccountGenesis,
    AccountRegistration,
    AccountStatus,
    Accounts,
    AdoptedIdentities,
    AdoptionRegistration,
    AppPasswords,
    CurrentPassword,
    EmailCodes,
    Guesses,
    Credentials,
    IdentityChanges,
    IncomingDids,
    KeyRenewal,
    SigningKeyChange,
    OperationRegistration,
    PlannedDeletions,
    HandleRegistration,
    InviteCodes,
    InviteQueries,
    NamedAccounts,
    NewCredentials,
    NewIdentities,
    Passwords,
    SecondFactors,
    SignUpRules,
    Totp,
    AdoptAccountHandler,
    BeginTotpHandler,
    ChangePasswordHandler,
    ConfirmEmailHandler,
    ConfirmTotpHandler,
    ActivateAccountHandler,
    DeactivateAccountHandler,
    RefreshIdentityHandler,
    RequestPlcSignatureHandler,
    SignPlcOperationHandler,
    SubmitPlcOperationHandler,
    CreateAccountHandler,
    ClaimInviteCodesHandler,
    CreateAppPasswordHandler,
    CreateInviteCodesHandler,
    CreateSessionHandler,
    DeleteAccountHandler,
    DeleteOwnAccountHandler,
    DeleteSessionHandler,
    DisableInviteCodesHandler,
    RefreshSessionHandler,
    RevokeAppPasswordHandler,
    RevokeSessionsHandler,
    SetAccountInvitesHandler,
    RemoveFactorsHandler,
    RemoveTotpHandler,
    RequestCodeHandler,
    RequestEmailUpdateHandler,
    RequestPasswordResetHandler,
    ResetPasswordHandler,
    SendModerationMailHandler,
    SetEmailHandler,
    SetPasswordHandler,
    UpdateEmailHandler,
    RotateKeysHandler,
    UpdateHandleHandler,
    UpdateSigningKeyHandler,
  ],
  exports: [AppPasswords, InviteCodes, Accounts, InviteQueries],
})
export class AccountModule {}
