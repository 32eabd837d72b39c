import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { type AppPassword, AppPasswords } from './app-passwords.js'

/** The password is shown this once. */
export interface CreatedAppPassword extends AppPassword {
  password: string
}

/** Makes an app password. `privileged`: also for chats and for moving out. */
export class CreateAppPassword extends Command<CreatedAppPassword> {
  constructor(
    readonly did: Did,
    readonly name: string,
    readonly privileged: boolean,
  ) {
    super()
  }
}

/** @throws XrpcError 400 as {@link AppPasswords.create}. */
@CommandHandler(CreateAppPassword)
export class CreateAppPasswordHandler implements ICommandHandler<CreateAppPassword> {
  constructor(
    private readonly database: Database,
    private readonly appPasswords: AppPasswords,
  ) {}

  execute({ did, name, privileged }: CreateAppPassword): Promise<CreatedAppPassword> {
    return this.database.write((tx) => this.appPasswords.create(tx, did, name, privileged))
  }
}
