import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { handleOf } from '../../identity/did-document.js'
import { DidResolver } from '../../identity/did-resolver.js'
import { isPlcDid } from '../../identity/plc/operation.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { HandleRegistration } from './handle-registration.js'
import { SignUpRules } from '../sign-up/sign-up-rules.js'

/**
 * Gives an account another handle. With the one it has, its identity is announced again. `byOperator`: also one that is
 * reserved, short, long, or this server's own name.
 */
export class UpdateHandle extends Command<void> {
  constructor(
    readonly did: Did,
    readonly handle: string,
    readonly byOperator = false,
  ) {
    super()
  }
}

/** @throws XrpcError 400 as {@link SignUpRules.checkHandle} and {@link HandleRegistration.change}. */
@CommandHandler(UpdateHandle)
export class UpdateHandleHandler implements ICommandHandler<UpdateHandle> {
  constructor(
    private readonly rules: SignUpRules,
    private readonly registration: HandleRegistration,
    private readonly dids: DidResolver,
  ) {}

  async execute({ did, handle: text, byOperator }: UpdateHandle): Promise<void> {
    const handle = await this.rules.checkHandle(text, did, byOperator)
    if (isPlcDid(did)) return this.registration.change(did, handle)
    if (await this.dids.isOwn(did)) return this.registration.changeHere(did, handle)
    const document = await this.dids.resolve(did, { fresh: true })
    if (!document || handleOf(document) !== handle) throw invalidRequest('DID is not properly configured for handle')
    await this.registration.changeHere(did, handle)
  }
}
