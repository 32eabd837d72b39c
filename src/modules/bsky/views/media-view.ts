/** Images, videos and link cards, as they are shown: those of app.bsky.embed.* that refer to no record. */
import type {
  AppBskyEmbedExternal,
  AppBskyEmbedExternalView,
  AppBskyFeedDefsPostView,
  AppBskyFeedPost,
  Typed,
} from '../../lexicon/types.js'
import type { Hydration } from '../hydrate/hydration.js'

export type EmbedView = NonNullable<AppBskyFeedDefsPostView['embed']>
export type Embed = NonNullable<AppBskyFeedPost['embed']>

/** A link card. */
export function externalView(
  { external }: AppBskyEmbedExternal,
  did: string,
  h: Hydration,
): Typed<AppBskyEmbedExternalView> {
  const { uri, title, description, thumb } = external
  return {
    $type: 'app.bsky.embed.external#view',
    external: { uri, title, description, ...(thumb && { thumb: h.urls.image('feed_thumbnail', did, thumb) }) },
  }
}

/** The view of an embed of media by `did`; undefined for kinds unknown here. */
export function mediaView(embed: Embed | undefined, did: string, h: Hydration): EmbedView | undefined {
  switch (embed?.$type) {
    case 'app.bsky.embed.images':
      return {
        $type: 'app.bsky.embed.images#view',
        images: embed.images.map(({ image, alt, aspectRatio }) => ({
          thumb: h.urls.image('feed_thumbnail', did, image),
          fullsize: h.urls.image('feed_fullsize', did, image),
          alt,
          ...(aspectRatio && { aspectRatio }),
        })),
      }
    case 'app.bsky.embed.gallery':
      return {
        $type: 'app.bsky.embed.gallery#view',
        items: embed.items
          .filter(({ $type }) => $type === 'app.bsky.embed.gallery#image')
          .map(({ image, alt, aspectRatio }) => ({
            $type: 'app.bsky.embed.gallery#viewImage',
            thumbnail: h.urls.image('feed_thumbnail', did, image),
            fullsize: h.urls.image('feed_fullsize', did, image),
            alt,
            aspectRatio,
          })),
      }
    case 'app.bsky.embed.video': {
      const cid = embed.video.ref.$link
      return {
        $type: 'app.bsky.embed.video#view',
        cid,
        playlist: h.urls.playlist(did, cid),
        thumbnail: h.urls.videoThumbnail(did, cid),
        ...(embed.alt !== undefined && { alt: embed.alt }),
        ...(embed.aspectRatio && { aspectRatio: embed.aspectRatio }),
        ...(embed.presentation !== undefined && { presentation: embed.presentation }),
      }
    }
    case 'app.bsky.embed.external':
      return externalView(embed, did, h)
    default:
      return undefined
  }
}
