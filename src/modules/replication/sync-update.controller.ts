import type { Readable } from 'node:stream'
import { Body, Controller, Query } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { type Did, isDid } from '../../repo-engine/index.js'
import { XrpcProcedure } from '../xrpc/xrpc.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { LookAtAccount } from './look-at-account.js'
import { AcceptPush } from './accept-push.js'
import { Patience } from './patience.js'

/**
 * com.atproto.syncUpdateRepo, which has no heir among today's methods: a server sends what has happened to a repository, and
 * the commits prove themselves. Who carries them does not matter; whose they are does.
 */
@Controller()
export class SyncUpdateController {
  constructor(
    private readonly commands: CommandBus,
    private readonly patience: Patience,
  ) {}

  /**
   * The body is a CAR of one commit, or of all that has changed since the commit that is here, or of a whole repository. With
   * no body it says that something is to be looked at: the identity of an account, or its status; `status=deleted` that it is
   * gone.
   */
  @XrpcProcedure('com.atproto.syncUpdateRepo')
  async syncUpdateRepo(
    @Query('did') did: unknown,
    @Query('status') status: unknown,
    @Body() body: Readable | undefined,
  ): Promise<void> {
    try {
      if (!isDid(did)) throw invalidRequest('Params must have the property "did", a DID')
      if (body && typeof body.iterator !== 'function')
        throw invalidRequest('Wrong request encoding (Content-Type): a CAR is application/cbor')
      if (body) {
        const source = this.patience.inTime(body.iterator({ destroyOnReturn: false }))
        await this.commands.execute(new AcceptPush(did, source))
      } else await this.commands.execute(new LookAtAccount(did as Did, status === 'deleted'))
    } finally {
      if (body?.readable) dropRest(body, this.patience.stallMs)
    }
  }
}

/** What is left of a body that was refused half-way is read and dropped: its sender may not listen before. */
function dropRest(body: Readable, ms: number): void {
  const end = setTimeout(() => body.destroy(), ms).unref()
  body.on('close', () => clearTimeout(end)).resume()
}
