import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { EmailCodes } from '../email-codes.js'

/** Sends a code to the address of somebody who is signed in. */
export class RequestCode extends Command<void> {
  constructor(
    readonly did: Did,
    readonly purpose: 'confirm_email' | 'delete_account',
  ) {
    super()
  }
}

@CommandHandler(RequestCode)
export class RequestCodeHandler implements ICommandHandler<RequestCode> {
  constructor(
    private readonly database: Database,
    private readonly codes: EmailCodes,
  ) {}

  execute({ did, purpose }: RequestCode): Promise<void> {
    return this.database.write((tx) => this.codes.send(tx, { did }, purpose))
  }
}
