import { Injectable } from '@nestjs/common'
import { InviteCodes } from '../account/invites/invite-codes.js'
import { Database } from '../database/database.js'
import type { OfficialDirectory } from './official-directory.js'

/** Takes over invite codes and who has come by them. */
@Injectable()
export class OfficialInvites {
  constructor(
    private readonly database: Database,
    private readonly codes: InviteCodes,
  ) {}

  /** Gives how many codes there are. */
  async take(from: OfficialDirectory): Promise<number> {
    const { codes, uses } = from.invites()
    const adopted = codes.map(({ availableUses: available, disabled, ...code }) => ({
      ...code,
      available,
      disabled: disabled === 1,
    }))
    await this.database.write((tx) => this.codes.adopt(tx, adopted, uses))
    return codes.length
  }
}
