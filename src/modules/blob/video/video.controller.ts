import { Controller, Get, Header, Param, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { RepoError } from '../../../repo-engine/index.js'
import { XrpcError } from '../../xrpc/xrpc-error.js'
import { GET_BLOB } from '../blob-fetch.js'
import { blankPicture } from '../scale-image.js'
import { Videos } from './videos.js'

const FOR_A_DAY = 'public, max-age=86400'
const PLAYLIST = 'application/vnd.apple.mpegurl'
type VideoParams = Record<'did' | 'cid', string>

/** The videos that app.bsky views name, as HLS (RFC 8216). What is not there for everybody to see is a 404. */
@Controller('vid/:did/:cid')
export class VideoController {
  constructor(private readonly videos: Videos) {}

  /** All segments of a video. One that cannot be cut is one segment, as it is. */
  @Get('playlist.m3u8')
  @Header('cache-control', FOR_A_DAY)
  @Header('content-type', PLAYLIST)
  async playlist(@Param() { did, cid }: VideoParams): Promise<string> {
    const segments = await this.videos.segments(did, cid).catch(hidden)
    const query = new URLSearchParams({ did, cid })
    const lines = segments
      ? segments.map(({ duration }, i) => [duration, `${i}.m4s`] as const)
      : [[1, `/xrpc/${GET_BLOB}?${query.toString()}`] as const]
    const longest = Math.max(...lines.map(([duration]) => duration))
    return [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      `#EXT-X-TARGETDURATION:${Math.max(1, Math.ceil(longest))}`,
      '#EXT-X-MEDIA-SEQUENCE:0',
      '#EXT-X-PLAYLIST-TYPE:VOD',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      ...(segments ? ['#EXT-X-MAP:URI="init.mp4"'] : []),
      ...lines.flatMap(([duration, uri]) => [`#EXTINF:${duration.toFixed(6)},`, uri]),
      '#EXT-X-ENDLIST',
      '',
    ].join('\n')
  }

  /** `init.mp4`, or `<number>.m4s`. */
  @Get(':piece')
  async piece(
    @Param() { did, cid, piece }: Record<'did' | 'cid' | 'piece', string>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const [, number] = /^(?:init\.mp4|(\d{1,6})\.m4s)$/.exec(piece) ?? [null]
    if (number === null) throw notFound()
    const bytes = await this.videos.piece(did, cid, number === undefined ? 'init' : Number(number)).catch(hidden)
    if (!bytes) throw notFound()
    void reply
      .headers({ ...SAFE, 'cache-control': FOR_A_DAY })
      .type('video/mp4')
      .send(bytes)
  }

  /** No picture of a video is decoded here, so what stands for it is blank. */
  @Get('thumbnail.jpg')
  async thumbnail(@Param() { did, cid }: VideoParams, @Res() reply: FastifyReply): Promise<void> {
    await this.videos.assertVideo(did, cid).catch(hidden)
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
