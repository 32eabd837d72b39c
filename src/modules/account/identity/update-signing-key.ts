import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { ReservedKeys } from '../../identity/reserved-keys.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { SigningKeyChange } from './key-change.js'

/** Has an account sign with a key that was reserved here, for it or for nobody (reserveSigningKey): a did:key. */
export class UpdateSigningKey extends Command<void> {
  constructor(
    readonly did: Did,
    readonly signingKey: string,
  ) {
    super()
  }
}

/** A did:web that its owner serves has to name the key before; every other identity is made to. */
@CommandHandler(UpdateSigningKey)
export class UpdateSigningKeyHandler implements ICommandHandler<UpdateSigningKey> {
  constructor(
    private readonly accounts: Accounts,
    private readonly reserved: ReservedKeys,
    private readonly change: SigningKeyChange,
  ) {}

  /** @throws XrpcError 400 AccountNotFound, InvalidRequest; as {@link SigningKeyChange.change}. */
  async execute({ did, signingKey }: UpdateSigningKey): Promise<void> {
    if (!(await this.accounts.byDid(did))) throw invalidRequest(`Could not find account: ${did}`, 'AccountNotFound')
    const key = await this.reserved.byPublicKey(did, signingKey)
    // What signs is kept here, so a key whose private half is elsewhere cannot.
    if (!key) throw invalidRequest('No such key is reserved here: reserve it with reserveSigningKey')
    await this.change.change(did, key)
  }
}
