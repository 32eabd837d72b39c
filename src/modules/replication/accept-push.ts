import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { MAX_DIFF_BYTES } from './car-diff.js'
import { Mirrors } from './mirrors.js'
import { PeerIntake } from './peer-intake.js'
import { PushRates } from './push-rates.js'
import { type ReceivedRepo, ReceiveRepo } from './receive-repo.js'

/** Takes in what somebody sends of a repository, where the operator wants it. */
export class AcceptPush extends Command<ReceivedRepo> {
  constructor(
    readonly did: Did,
    readonly source: AsyncIterable<Uint8Array>,
  ) {
    super()
  }
}

@CommandHandler(AcceptPush)
export class AcceptPushHandler implements ICommandHandler<AcceptPush> {
  constructor(
    private readonly database: Database,
    private readonly intake: PeerIntake,
    private readonly mirrors: Mirrors,
    private readonly rates: PushRates,
    private readonly commands: CommandBus,
  ) {}

  /**
   * Resolves when what was sent is durable. @throws XrpcError 400 RepoHostedHere, 403 RepoNotAccepted, 429 RateLimitExceeded, 413 QuotaExceeded,
   * and as the handler of {@link ReceiveRepo}
   */
  async execute({ did, source }: AcceptPush): Promise<ReceivedRepo> {
    const peer = await this.intake.acceptorOf(did)
    if (!peer && (await this.mirrors.isHosted(did))) throw invalidRequest(`${did} is hosted here`, 'RepoHostedHere')
    if (!peer) throw new XrpcError(403, 'RepoNotAccepted', `pushes of ${did} are not accepted here`)
    const leave = this.rates.enter(peer)
    try {
      const room = await this.intake.room(peer)
      if (room === 0) throw new XrpcError(413, 'QuotaExceeded', 'what this server takes from you is used up')
      // Anybody may push. What is large has to begin with a commit that is signed and new, as every export does.
      const received = await this.commands.execute(new ReceiveRepo(did, source, room ?? undefined, MAX_DIFF_BYTES))
      await this.database.write(async (tx) => {
        await this.intake.adopt(tx, peer, did)
        await this.intake.count(tx, peer, did, received.bytes)
        if (received.handle !== undefined) await this.mirrors.nameHandle(tx, did, received.handle)
      })
      return received
    } finally {
      leave()
    }
  }
}
