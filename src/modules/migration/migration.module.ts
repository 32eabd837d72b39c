import { Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { AccountModule } from '../account/account.module.js'
import { ModerationModule } from '../moderation/moderation.module.js'
import { PrivateStateModule } from '../private-state/private-state.module.js'
import { AdoptOfficialHandler } from './adopt-official.js'
import { OfficialBlobs } from './official-blobs.js'
import { OfficialCredentials } from './official-credentials.js'
import { OfficialInvites } from './official-invites.js'
import { OfficialPeople } from './official-people.js'
import { OfficialRepo } from './official-repo.js'
import { OfficialSignIns } from './official-sign-ins.js'

/** How accounts come here from other servers. */
@Module({
  imports: [CqrsModule, AccountModule, ModerationModule, PrivateStateModule],
  providers: [
    AdoptOfficialHandler,
    OfficialBlobs,
    OfficialCredentials,
    OfficialInvites,
    OfficialPeople,
    OfficialRepo,
    OfficialSignIns,
  ],
})
export class MigrationModule {}
