import type { Readable } from 'node:stream'
import { Body, Controller, Headers, Req, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { RouteConfig } from '@nestjs/platform-fastify'
import type { FastifyRequest } from 'fastify'
import { Cid } from '../../repo-engine/index.js'
import { AccessGuard } from '../auth/guards.js'
import { Viewer } from '../auth/viewer.js'
import { SignedInGuard, ViewerGuard } from '../auth/viewer.guard.js'
import { Config } from '../config/config.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { networkOf } from '../rate-limit/network.js'
import { STREAMED } from '../xrpc/bodies.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { Params, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'
import { HostedBlobs } from './hosted-blobs.js'
import { declaredType } from './sniffed-type.js'
import { Turns } from './turns.js'
import { tooLarge, UploadBlob } from './upload-blob.js'

type Upload = XrpcMethods['com.atproto.repo.uploadBlob']
type ListMissing = XrpcMethods['com.atproto.repo.listMissingBlobs']

/** A sender that sends nothing for this long is cut off. */
const STALL_MS = 60_000
/** Uploads of one network: however many accounts somebody has, others still have room. */
const CLIENTS = { atOnce: 500, ofOneKey: 24, waiting: 500 }
/** How long the rest of a body that was refused is read, for a sender that does not listen before its end. */
const DRAIN_MS = 10_000

/** Blobs that come in. Accounts that are not active yet may bring theirs: this is how they move in. */
@Controller()
export class UploadController {
  private readonly clients = new Turns(CLIENTS)

  constructor(
    private readonly commands: CommandBus,
    private readonly hosted: HostedBlobs,
    private readonly config: Config,
  ) {}

  /** For a session here, or a service that an account has given a token for this method, such as one that encodes videos. */
  @XrpcProcedure('com.atproto.repo.uploadBlob')
  @RouteConfig(STREAMED)
  @UseGuards(ViewerGuard, SignedInGuard)
  async uploadBlob(
    @Viewer() viewer: Viewer,
    @Headers() headers: Record<string, string | undefined>,
    @Req() request: FastifyRequest,
    @Body() body: Readable | undefined,
  ): Promise<Upload['output']> {
    try {
      const type = this.checkHeaders(headers)
      if (!body) throw invalidRequest('A request body is expected but none was provided')
      request.raw.setTimeout(STALL_MS)
      const source = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
      const { cid, mimeType, size } = await this.clients.run(networkOf(request.ip), () =>
        this.commands.execute(new UploadBlob(viewer.did, source, type)),
      )
      return { blob: { $type: 'blob', ref: { $link: cid.toString() }, mimeType, size } }
    } finally {
      if (body && !body.readableEnded) drain(body, request)
    }
  }

  /** What can be told before anything has come. @throws XrpcError 413, 415, 400 InvalidRequest */
  private checkHeaders(headers: Record<string, string | undefined>): string {
    const { blobUploadLimit } = this.config
    if (Number(headers['content-length']) > blobUploadLimit) throw tooLarge(blobUploadLimit)
    if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
      throw new XrpcError(415, 'UnsupportedMediaType', 'blobs are taken as they are, without a Content-Encoding')
    const type = declaredType(headers['content-type'])
    if (type === null) throw invalidRequest('Request encoding (Content-Type) required but not provided')
    return type
  }

  @XrpcQuery('com.atproto.repo.listMissingBlobs')
  @UseGuards(AccessGuard)
  async listMissingBlobs(
    @Viewer() { did }: Viewer,
    @Params() { limit = 500, cursor }: ListMissing['params'],
  ): Promise<ListMissing['output']> {
    const missing = await this.hosted.missing(did, cursor === undefined ? null : Cid.parse(cursor), limit + 1)
    const blobs = missing
      .slice(0, limit)
      .map(({ cid, path }) => ({ cid: cid.toString(), recordUri: `at://${did}/${path}` }))
    return missing.length > limit ? { cursor: blobs.at(-1)!.cid, blobs } : { blobs }
  }
}

function drain(body: Readable, { raw }: FastifyRequest): void {
  body.on('error', () => undefined).resume()
  const timer = setTimeout(() => raw.socket.destroy(), DRAIN_MS).unref()
  body.once('close', () => clearTimeout(timer))
}
