import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Sessions } from '../../auth/sessions.js'
import { Database } from '../../database/database.js'
import { AppPasswords } from './app-passwords.js'

/** Takes an app password back, and ends at once what was begun with it. Does nothing for a name that there is not. */
export class RevokeAppPassword extends Command<void> {
  constructor(
    readonly did: Did,
    readonly name: string,
  ) {
    super()
  }
}

@CommandHandler(RevokeAppPassword)
export class RevokeAppPasswordHandler implements ICommandHandler<RevokeAppPassword> {
  constructor(
    private readonly database: Database,
    private readonly appPasswords: AppPasswords,
    private readonly sessions: Sessions,
  ) {}

  execute({ did, name }: RevokeAppPassword): Promise<void> {
    return this.database.write(async (tx) => {
      await this.appPasswords.remove(tx, did, name)
      await this.sessions.revokeOfAppPassword(tx, did, name)
    })
  }
}
