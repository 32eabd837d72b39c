import { Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { MailModule } from '../mail/mail.module.js'
import { OutboxModule } from '../outbox/outbox.module.js'
import { RepoModule } from '../repo/repo.module.js'
import { AccountAdminController } from './account-admin.controller.js'
import { AccountErasure } from './account-erasure.js'
import { AccountGenesis } from './account-genesis.js'
import { AccountRegistration } from './account-registration.js'
import { Accounts } from './accounts.js'
import { AdoptAccountHandler } from './adopt-account.js'
import { AdoptedIdentities } from './adopted-identity.js'
import { AdoptionRegistration } from './adoption-registration.js'
import { AppPasswordController } from './app-password.controller.js'
import { AppPasswords } from './app-passwords.js'
import { ClaimInviteCodesHandler } from './claim-invite-codes.js'
import { CreateAccountHandler } from './create-account.js'
import { CreateAppPasswordHandler } from './create-app-password.js'
import { CreateInviteCodesHandler } from './create-invite-codes.js'
import { CreateSessionHandler } from './create-session.js'
import { DeleteAccountHandler } from './delete-account.js'
import { DeleteSessionHandler } from './delete-session.js'
import { DisableInviteCodesHandler } from './disable-invite-codes.js'
import { EmailCodes } from './email-codes.js'
import { HandleController } from './handle.controller.js'
import { HandleRegistration } from './handle-registration.js'
import { InviteCodes } from './invite-codes.js'
import { InviteQueries } from './invite-queries.js'
import { InviteAdminController, InvitesController } from './invites.controller.js'
import { NewIdentities } from './new-identity.js'
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
    HandleController,
    AccountAdminController,
  ],
  providers: [
    AccountErasure,
    AccountGenesis,
    AccountRegistration,
    Accounts,
    AdoptedIdentities,
    AdoptionRegistration,
    AppPasswords,
    EmailCodes,
    HandleRegistration,
    InviteCodes,
    InviteQueries,
    NewIdentities,
    Passwords,
    SignUpRules,
    AdoptAccountHandler,
    CreateAccountHandler,
    ClaimInviteCodesHandler,
    CreateAppPasswordHandler,
    CreateInviteCodesHandler,
    CreateSessionHandler,
    DeleteAccountHandler,
    DeleteSessionHandler,
    DisableInviteCodesHandler,
    RefreshSessionHandler,
    RevokeAppPasswordHandler,
    RevokeSessionsHandler,
    SetAccountInvitesHandler,
    UpdateHandleHandler,
  ],
  exports: [Accounts, InviteQueries],
})
export class AccountModule {}
