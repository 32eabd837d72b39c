import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Sessions } from '../../auth/sessions.js'
import { Database } from '../../database/database.js'

/** Ends one session of an account, or all but the one that asks. Gives their number. */
export class RevokeSessions extends Command<number> {
  constructor(
    readonly did: Did,
    readonly which: { id: string } | { allBut: string },
  ) {
    super()
  }
}

@CommandHandler(RevokeSessions)
export class RevokeSessionsHandler implements ICommandHandler<RevokeSessions> {
  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
  ) {}

  execute({ did, which }: RevokeSessions): Promise<number> {
    return this.database.write((tx) =>
      'id' in which ? this.sessions.revokeOwn(tx, did, which.id) : this.sessions.revokeOthers(tx, did, which.allBut),
    )
  }
}
