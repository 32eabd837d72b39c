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
import { CreateAccountHandler } from './create-account.js'
import { CreateSessionHandler } from './create-session.js'
import { Credentials } from './credentials.js'
import { DeactivateAccountHandler } from './deactivate-account.js'
import { DeleteAccountHandler } from './delete-account.js'
import { DeleteSessionHandler } from './delete-session.js'
import { EmailCodes } from './email-codes.js'
import { HandleRegistration } from './handle-registration.js'
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
import { Passwords } from './passwords.js'
import { RefreshSessionHandler } from './refresh-session.js'
import { ServerController } from './server.controller.js'
import { SignUpRules } from './sign-up-rules.js'
import { UpdateHandleHandler } from './update-handle.js'

@Module({
  imports: [CqrsModule, MailModule, OutboxModule, RepoModule],
  controllers: [
    ServerController,
    LifeController,
    OwnIdentityController,
    AccountAdminController,
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
    Credentials,
    EmailCodes,
    IdentityChanges,
    IncomingDids,
    KeyRenewal,
    SigningKeyChange,
    OperationRegistration,
    PlannedDeletions,
    HandleRegistration,
    NewIdentities,
    Passwords,
    SignUpRules,
    ActivateAccountHandler,
    AdoptAccountHandler,
    DeactivateAccountHandler,
    RefreshIdentityHandler,
    RequestPlcSignatureHandler,
    SignPlcOperationHandler,
    SubmitPlcOperationHandler,
    CreateAccountHandler,
    CreateSessionHandler,
    DeleteAccountHandler,
    DeleteSessionHandler,
    RefreshSessionHandler,
    RotateKeysHandler,
    UpdateHandleHandler,
    UpdateSigningKeyHandler,
  ],
  exports: [Accounts],
})
export class AccountModule {}
