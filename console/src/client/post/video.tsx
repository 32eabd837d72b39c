import type { AppBskyEmbedVideo } from '@atproto/api'
import { withQuery } from '../../api/call.js'

/** A video, played from its blob: browsers know MP4, and only some know playlists. Nothing of it is fetched before that. */
export function Video({
  of: { cid, thumbnail, alt, aspectRatio, presentation },
  did,
}: {
  of: AppBskyEmbedVideo.View
  did: string
}) {
  const isGif = presentation === 'gif'
  return (
    <figure class="video">
      <video
        controls
        preload="none"
        playsInline
        loop={isGif}
        muted={isGif}
        poster={thumbnail}
        src={withQuery('/xrpc/com.atproto.sync.getBlob', { did, cid })}
        width={aspectRatio?.width}
        height={aspectRatio?.height}
        aria-label={alt || 'Video'}
      />
      {alt ? <figcaption dir="auto">{alt}</figcaption> : null}
    </figure>
  )
}
