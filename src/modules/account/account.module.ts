import { Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { MailModule } from '../mail/mail.module.js'
import { OutboxModule } from '../outbox/outbox.module.js'
import { RepoModule } from '../repo/repo.module.js'
import { AccountAdminController } from './account-admin.controller.js'
import { AccountErasure } from './account-erasure.js'
import { AccountGenesis } from './account-genesis.js'
import { AccountStatus } from './account-status.js'
import { ActivateAccountHandler } from './activate-account.js'
import { AccountRegistration } from './account-registration.js'
import { Accounts } from './accounts.js'
import { AdoptAccountHandler } from './adopt-account.js'
import { AdoptedIdentities } from './adopted-identity.js'
import { AdoptionRegistration } from './adoption-registration.js'
import { AppPasswordController } from './app-password.controller.js'
import { AppPasswords } from './app-passwords.js'
import { ClaimInviteCodesHandler } from './claim-invite-codes.js'
import { ConfirmEmailHandler } from './contact/confirm-email.js'
import { ContactAdminController } from './contact/contact-admin.controller.js'
import { ContactController } from './contact/contact.controller.js'
import { RequestCodeHandler } from './contact/request-code.js'
import { RequestEmailUpdateHandler } from './contact/request-email-update.js'
import { SendModerationMailHandler } from './contact/send-moderation-mail.js'
import { SetEmailHandler } from './contact/set-email.js'
import { UpdateEmailHandler } from './contact/update-email.js'
import { CreateAccountHandler } from './create-account.js'
import { CreateAppPasswordHandler } from './create-app-password.js'
import { CreateInviteCodesHandler } from './create-invite-codes.js'
import { CreateSessionHandler } from './create-session.js'
import { Credentials } from './credentials.js'
import { DeactivateAccountHandler } from './deactivate-account.js'
import { DeleteAccountHandler } from './delete-account.js'
import { DeleteOwnAccountHandler } from './delete-own-account.js'
import { DeleteSessionHandler } from './delete-session.js'
import { DisableInviteCodesHandler } from './disable-invite-codes.js'
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
import { HandleRegistration } from './handle-registration.js'
import { InviteCodes } from './invite-codes.js'
import { InviteQueries } from './invite-queries.js'
import { InviteAdminController, InvitesController } from './invites.controller.js'

import { NamedAccounts } from './named-accounts.js'
import { IdentityAdminController } from './identity-admin.controller.js'
import { SigningKeyChange } from './key-change.js'
import { KeyRenewal } from './key-renewal.js'
import { RotateKeysHandler } from './rotate-keys.js'
import { UpdateSigningKeyHandler } from './update-signing-key.js'
import { IdentityChanges } from './identity-changes.js'
import { IncomingDids } from './incoming-dids.js'
import { LifeController } from './life.controller.js'
import { OperationRegistration } from './operation-registration.js'
import { OwnIdentityController } from './own-identity.controller.js'
import { PlannedDeletions } from './planned-deletions.js'
import { RefreshIdentityHandler } from './refresh-identity.js'
import { RequestPlcSignatureHandler } from './request-plc-signature.js'
import { SignPlcOperationHandler } from './sign-plc-operation.js'
import { SubmitPlcOperationHandler } from './submit-plc-operation.js'
import { NewIdentities } from './new-identity.js'
import { ChangePasswordHandler } from './password/change-password.js'
import { NewCredentials } from './password/new-credentials.js'
import { RequestPasswordResetHandler } from './password/request-password-reset.js'
import { ResetPasswordHandler } from './password/reset-password.js'
import { SetPasswordHandler } from './password/set-password.js'
import { Passwords } from './passwords.js'
import { RefreshSessionHandler } from './refresh-session.js'
import { RevokeAppPasswordHandler } from './revoke-app-password.js'
import { RevokeSessionsHandler } from './revoke-sessions.js'
import { ServerController } from './server.controller.js'
import { ServiceAuthController } from './service-auth.controller.js'
import { SessionsController } from './sessions.controller.js'
import { SetAccountInvitesHandler } from './set-account-invites.js'
import { SignUpRules } from './sign-up-rules.js'
import { UpdateHandleHandler } from './update-handle.js'

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
