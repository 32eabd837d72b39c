import { Controller, Get, Header, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DidDocument } from './did-document.js'
import { HandleResolver } from './handle-resolver.js'
import { OwnDocuments } from './own-documents.js'

/** What this host says of the handles and the DID that are its own name. */
@Controller('.well-known')
export class WellKnownController {
  constructor(
    private readonly handles: HandleResolver,
    private readonly documents: OwnDocuments,
  ) {}

  /** The DID of the account whose handle is the Host of the request. */
  @Get('atproto-did')
  @Header('content-type', 'text/plain; charset=utf-8')
  async atprotoDid(
    @Req() { hostname }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const handle = hostname.toLowerCase()
    const given = this.handles.isServiceHandle(handle) || this.handles.isBareName(handle)
    const did = given ? await this.handles.localDid(handle) : null
    if (did) return did
    reply.status(404)
    return 'User not found'
  }

  /** The document of the account whose did:web is the Host, where that is a name under this server's domains; else the server's. */
  @Get('did.json')
  @Header('content-type', 'application/json; charset=utf-8')
  async didDocument(
    @Req() { hostname }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DidDocument | string> {
    const document = await this.documents.ofHost(hostname)
    if (document) return document
    reply.status(404).header('content-type', 'text/plain; charset=utf-8')
    return 'User not found'
  }
}
