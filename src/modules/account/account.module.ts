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
import { CreateAccountHandler } from './create-account.js'
import { CreateSessionHandler } from './create-session.js'
import { DeleteAccountHandler } from './delete-account.js'
import { DeleteSessionHandler } from './delete-session.js'
import { EmailCodes } from './email-codes.js'
import { HandleController } from './handle.controller.js'
import { HandleRegistration } from './handle-registration.js'
import { NewIdentities } from './new-identity.js'
import { Passwords } from './passwords.js'
import { RefreshSessionHandler } from './refresh-session.js'
import { ServerController } from './server.controller.js'
import { SignUpRules } from './sign-up-rules.js'
import { UpdateHandleHandler } from './update-handle.js'

@Module({
  imports: [CqrsModule, MailModule, OutboxModule, RepoModule],
  controllers: [ServerController, HandleController, AccountAdminController],
  providers: [
    AccountErasure,
    AccountGenesis,
    AccountRegistration,
    Accounts,
    AdoptedIdentities,
    AdoptionRegistration,
    EmailCodes,
    HandleRegistration,
    NewIdentities,
    Passwords,
    SignUpRules,
    AdoptAccountHandler,
    CreateAccountHandler,
    CreateSessionHandler,
    DeleteAccountHandler,
    DeleteSessionHandler,
    RefreshSessionHandler,
    UpdateHandleHandler,
  ],
  exports: [Accounts],
})
export class AccountModule {}
