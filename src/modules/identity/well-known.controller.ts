import { Controller, Get, Header, Headers, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { DidDocument } from './did-document.js'
import { HandleResolver } from './handle-resolver.js'
import { OwnDocuments } from './own-documents.js'

/**
 * What this host says of the handles and the DID that are its own name. That name is the Host header, and nothing that a
 * client may have put beside it (`X-Forwarded-Host`): answers are cached by the Host.
 */
@Controller('.well-known')
export class WellKnownController {
  constructor(
    private readonly handles: HandleResolver,
    private readonly documents: OwnDocuments,
  ) {}

  /** The DID of the account whose handle is the Host of the request, unless it is taken down. */
  @Get('atproto-did')
  @Header('content-type', 'text/plain; charset=utf-8')
  async atprotoDid(
    @Headers('host') host: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const handle = nameIn(host)
    const given = this.handles.isServiceHandle(handle) || this.handles.isBareName(handle)
    const did = given ? await this.handles.shownDid(handle) : null
    if (did) return did
    reply.status(404)
    return 'User not found'
  }

  /** The document of the account whose did:web is the Host, where that is a name under this server's domains; else the server's. */
  @Get('did.json')
  @Header('content-type', 'application/json; charset=utf-8')
  async didDocument(
    @Headers('host') host: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DidDocument | string> {
    const document = await this.documents.ofHost(nameIn(host))
    if (document) return document
    reply.status(404).header('content-type', 'text/plain; charset=utf-8')
    return 'User not found'
  }
}

/** The name in a Host header, without its port; empty for what is none. */
function nameIn(host: string | undefined): string {
  return /^([a-z0-9.-]+)(:\d+)?$/i.exec(host ?? '')?.[1]?.toLowerCase() ?? ''
}
