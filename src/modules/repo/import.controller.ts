import type { Readable } from 'node:stream'
import { Body, Controller, Headers, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { AccessGuard } from '../auth/guards.js'
import { requireFullAccess, Viewer } from '../auth/viewer.js'
import { Config } from '../config/config.js'
import { SigningKeys } from '../identity/signing-keys.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { XrpcProcedure } from '../xrpc/xrpc.js'
import { ImportRepo } from './import-repo.js'

/** com.atproto.repo.importRepo: a CAR as a stream becomes the viewer's repository, signed anew with the key held here. */
@Controller()
@UseGuards(AccessGuard)
export class ImportController {
  constructor(
    private readonly commands: CommandBus,
    private readonly keys: SigningKeys,
    private readonly config: Config,
  ) {}

  /** Also for accounts that are not active yet: this is how a repository moves in. */
  @XrpcProcedure('com.atproto.repo.importRepo')
  async importRepo(
    @Viewer() viewer: Viewer,
    @Headers('content-type') type: string | undefined,
    @Body() body: Readable,
  ): Promise<void> {
    requireFullAccess(viewer)
    if (!this.config.acceptingImports) throw invalidRequest('Service is not accepting repo imports')
    if (!type?.startsWith('application/vnd.ipld.car'))
      throw invalidRequest(`Wrong request encoding (Content-Type): ${type ?? 'none'}`)
    const key = () => this.keys.get(viewer.did)
    try {
      const source = body.iterator({ destroyOnReturn: false })
      await this.commands.execute(new ImportRepo(source, { did: viewer.did, hosting: 'hosted', key }))
    } finally {
      // What is left of a body that was refused half-way is read and dropped: its sender may not listen before.
      body.resume()
    }
  }
}
