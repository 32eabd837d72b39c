import { Controller, Get, Header, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
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

  /** The DID of the account whose handle is the Host of the request. */
  @Get('atproto-did')
  @Header('content-type', 'text/plain; charset=utf-8')
  async atprotoDid(
    @Req() { hostname }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const handle = hostname.toLowerCase()
    const did = this.handles.isServiceHandle(handle) ? await this.handles.resolve(handle) : null
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
