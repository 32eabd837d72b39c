import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Sessions } from '../../auth/sessions.js'
import type { RefreshClaims } from '../../auth/tokens.js'
import { Database } from '../../database/database.js'

/** Signs out: nothing of the session is good any more. Does nothing for one that has ended. */
export class DeleteSession extends Command<void> {
  constructor(readonly token: RefreshClaims) {
    super()
  }
}

@CommandHandler(DeleteSession)
export class DeleteSessionHandler implements ICommandHandler<DeleteSession> {
  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
  ) {}

  execute({ token }: DeleteSession): Promise<void> {
    return this.database.write((tx) => this.sessions.end(tx, token))
  }
}
