import { finished } from 'node:stream'
import { Controller, Get, Header, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RepoError } from '../../../repo-engine/index.js'
import { XrpcError } from '../../xrpc/xrpc-error.js'
import { blankPicture } from '../scale-image.js'
import { sendBlob } from '../send-blob.js'
import { playlistOf, WHOLE } from './playlist.js'
import { Videos } from './videos.js'

const FOR_A_DAY = 'public, max-age=86400'
const PLAYLIST = 'application/vnd.apple.mpegurl'
/** Bytes of pieces that are being sent, all of which are in memory, and how long one may take. */
const MAX_SENDING = 256 * 1024 * 1024
const SENT_MS = 120_000
type VideoParams = Record<'did' | 'cid', string>

/** The videos that app.bsky views name, as HLS (RFC 8216). What is not there for everybody to see is a 404. */
@Controller('vid/:did/:cid')
export class VideoController {
  private sending = 0

  constructor(private readonly videos: Videos) {}

  /** All segments of a video. */
  @Get('playlist.m3u8')
  @Header('cache-control', FOR_A_DAY)
  @Header('content-type', PLAYLIST)
  async playlist(@Param() { did, cid }: VideoParams): Promise<string> {
    return playlistOf(await this.videos.cutOf(did, cid).catch(hidden))
  }

  /** `init.mp4` and `<number>.m4s`, or `whole.mp4`. */
  @Get(':piece')
  async piece(
    @Param() { did, cid, piece }: Record<'did' | 'cid' | 'piece', string>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (piece === WHOLE) {
      const blob = await this.videos.open(did, cid).catch(hidden)
      return sendBlob(blob, request, reply, { disposition: 'attachment' })
    }
    const number = piece === 'init.mp4' ? 'init' : /^(\d{1,6})\.m4s$/.exec(piece)?.[1]
    if (number === undefined) throw notFound()
    const bytes = await this.videos.piece(did, cid, number === 'init' ? number : Number(number)).catch(hidden)
    if (!bytes) throw notFound()
    this.hold(bytes.length, reply)
    void reply
      .headers({ ...SAFE, 'cache-control': FOR_A_DAY })
      .type('video/mp4')
      .send(bytes)
  }

  /** Counts bytes until they are sent, and cuts off who takes them too slowly. @throws XrpcError 503 NotEnoughResources */
  private hold(bytes: number, { raw }: FastifyReply): void {
    if (this.sending + bytes > MAX_SENDING)
      throw new XrpcError(503, 'NotEnoughResources', 'too many pieces of videos are being sent')
    this.sending += bytes
    const timer = setTimeout(() => raw.destroy(), SENT_MS).unref()
    finished(raw, () => {
      clearTimeout(timer)
      this.sending -= bytes
    })
  }

  /** No picture of a video is decoded here, so what stands for it is blank. */
  @Get('thumbnail.jpg')
  async thumbnail(@Param() { did, cid }: VideoParams, @Res() reply: FastifyReply): Promise<void> {
    const video = await this.videos.open(did, cid).catch(hidden)
    await video.close()
    void reply
      .headers({ ...SAFE, 'cache-control': FOR_A_DAY })
      .type('image/jpeg')
      .send(await blankPicture())
  }
}

const SAFE = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox" }

function notFound(): XrpcError {
  return new XrpcError(404, 'NotFound', 'There is no such video')
}

function hidden(error: unknown): never {
  const isThere = !(error instanceof RepoError || (error instanceof XrpcError && error.status === 400))
  throw isThere ? error : notFound()
}
