import { Controller, Get, Header, Headers, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { DidDocument } from './did-document.js'
import { HandleResolver } from './handle-resolver.js'
import { ServerAddress } from './server-address.js'

/** What this host says of the handles and the DID that are its own name. */
@Controller('.well-known')
export class WellKnownController {
  constructor(
    private readonly handles: HandleResolver,
    private readonly address: ServerAddress,
  ) {}

  /** The DID of the account whose handle is the Host of the request: that header alone, since others can be made up. */
  @Get('atproto-did')
  @Header('content-type', 'text/plain; charset=utf-8')
  async atprotoDid(
    @Headers('host') host: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const handle = /^([a-z0-9.-]+)(:\d+)?$/i.exec(host ?? '')?.[1]?.toLowerCase() ?? ''
    const did = this.handles.isServiceHandle(handle) ? await this.handles.localDid(handle) : null
    if (did) return did
    reply.status(404)
    return 'User not found'
  }

  @Get('did.json')
  @Header('content-type', 'application/json; charset=utf-8')
  didDocument(): DidDocument {
    return this.address.document()
  }
}
