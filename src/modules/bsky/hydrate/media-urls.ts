import { Injectable } from '@nestjs/common'
import { Config } from '../../config/config.js'
import { ServerAddress } from '../../identity/server-address.js'
import type { LexBlob } from '../../lexicon/types.js'

export type ImagePreset = 'avatar' | 'avatar_thumbnail' | 'banner' | 'feed_thumbnail' | 'feed_fullsize'

/** Where clients find the images and videos of records. */
@Injectable()
export class MediaUrls {
  constructor(
    private readonly config: Config,
    private readonly address: ServerAddress,
  ) {}

  /** An image in the size that a preset stands for. */
  image(preset: ImagePreset, did: string, blob: LexBlob): string {
    const base = this.config.imageUrl ?? `${this.address.url}/img`
    return `${base}/${preset}/plain/${inPath(did)}/${blob.ref.$link}@jpeg`
  }

  playlist(did: string, cid: string): string {
    return `${this.videos}/${inPath(did)}/${cid}/playlist.m3u8`
  }

  videoThumbnail(did: string, cid: string): string {
    return `${this.videos}/${inPath(did)}/${cid}/thumbnail.jpg`
  }

  private get videos(): string {
    return `${this.config.appViewPublicUrl ?? this.address.url}/vid`
  }
}

/** A DID as a segment of a path: the escapes that some have in them (`did:web:localhost%3A2583`) are part of the DID. */
function inPath(did: string): string {
  return did.replaceAll('%', '%25')
}
