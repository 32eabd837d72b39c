import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { Totp } from './totp.js'

/** Shows that the authenticator app works, from when on sign-ins need it. Gives the backup codes, which nobody can see again. */
export class ConfirmTotp extends Command<string[]> {
  constructor(
    readonly did: Did,
    readonly code: string,
  ) {
    super()
  }
}

/** @throws XrpcError as {@link Totp.confirm} */
@CommandHandler(ConfirmTotp)
export class ConfirmTotpHandler implements ICommandHandler<ConfirmTotp> {
  constructor(
    private readonly database: Database,
    private readonly totp: Totp,
  ) {}

  execute({ did, code }: ConfirmTotp): Promise<string[]> {
    return this.database.write((tx) => this.totp.confirm(tx, did, code))
  }
}
