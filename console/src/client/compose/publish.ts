import {
  type $Typed,
  type AppBskyEmbedImages,
  type AppBskyEmbedRecord,
  type AppBskyFeedPost,
  type AppBskyFeedThreadgate,
  AppBskyRichtextFacet,
  type ComAtprotoRepoApplyWrites,
  RichText,
} from '@atproto/api'
import { ownDid } from '../../api/account.js'
import { agent } from '../../api/session.js'
import { postOf } from '../post/post-record.js'
import type { Occasion } from './composing.js'
import type { FittedPicture } from './fit-picture.js'
import { newTid } from './tid.js'

/** What a post may hold (app.bsky.feed.post). */
export const MAX_GRAPHEMES = 300
const MAX_BYTES = 3000
export const MAX_PICTURES = 4

/** Who may reply. */
export type Gate = 'everybody' | 'nobody' | 'mentioned' | 'followed' | 'followers'

export interface Written {
  text: string
  pictures: (FittedPicture & { alt: string })[]
  /** A language tag; empty: not said. */
  language: string
  gate: Gate
  /** A label that its author puts on it; empty: none. */
  warning: string
}

/** Posts it, with who may reply in the same commit. Gives its address. @throws Error with what is wrong with it; XRPCError */
export async function publish(written: Written, occasion: Occasion): Promise<string> {
  const richText = new RichText({ text: written.text.trim() }, { cleanNewlines: true })
  checkText(richText, written, occasion)
  const [images] = await Promise.all([upload(written.pictures), richText.detectFacets(agent)])
  const rkey = newTid()
  const createdAt = new Date().toISOString()
  const uri = `at://${ownDid()}/app.bsky.feed.post/${rkey}`
  const record: AppBskyFeedPost.Record = {
    $type: 'app.bsky.feed.post',
    text: richText.text,
    ...(richText.facets && { facets: richText.facets.filter(isWhole) }),
    ...(written.language && { langs: [written.language] }),
    ...replyOf(occasion),
    ...embedOf(images, occasion),
    ...(written.warning && {
      labels: { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: written.warning }] },
    }),
    createdAt,
  }
  const gate: AppBskyFeedThreadgate.Record = {
    $type: 'app.bsky.feed.threadgate',
    post: uri,
    allow: RULES[written.gate].map((rule) => ({ $type: `app.bsky.feed.threadgate#${rule}` })),
    createdAt,
  }
  // A gate is of a whole thread, which begins with its first post.
  const isGated = written.gate !== 'everybody' && !occasion.replyTo
  const writes = [record, ...(isGated ? [gate] : [])].map((value): $Typed<ComAtprotoRepoApplyWrites.Create> => ({
    $type: 'com.atproto.repo.applyWrites#create',
    collection: value.$type,
    rkey,
    value,
  }))
  await agent.com.atproto.repo.applyWrites({ repo: ownDid(), writes })
  return uri
}

/** Whoever is mentioned and not to be found is left as text. */
function isWhole({ features }: AppBskyRichtextFacet.Main): boolean {
  return !features.some((feature) => AppBskyRichtextFacet.isMention(feature) && !feature.did.startsWith('did:'))
}

const RULES: Record<Gate, string[]> = {
  everybody: [],
  nobody: [],
  mentioned: ['mentionRule'],
  followed: ['followingRule'],
  followers: ['followerRule'],
}

function checkText(richText: RichText, { pictures }: Written, { quote }: Occasion): void {
  if (richText.text === '' && pictures.length === 0 && !quote) throw new Error('There is nothing to post yet')
  const over = richText.graphemeLength - MAX_GRAPHEMES
  if (over > 0) throw new Error(`The text is too long: ${over} of its characters have to go`)
  if (richText.length > MAX_BYTES) throw new Error('The text is too long: its characters take more than 3,000 bytes')
}

async function upload(pictures: Written['pictures']): Promise<AppBskyEmbedImages.Image[]> {
  return Promise.all(
    pictures.map(async ({ blob, width, height, alt }) => {
      const { data } = await agent.uploadBlob(blob, { encoding: blob.type })
      return { image: data.blob, alt: alt.trim(), aspectRatio: { width, height } }
    }),
  )
}

function replyOf({ replyTo }: Occasion): Pick<AppBskyFeedPost.Record, 'reply'> {
  if (!replyTo) return {}
  const parent = { uri: replyTo.uri, cid: replyTo.cid }
  return { reply: { root: postOf(replyTo.record)?.reply?.root ?? parent, parent } }
}

function embedOf(images: AppBskyEmbedImages.Image[], { quote }: Occasion): Pick<AppBskyFeedPost.Record, 'embed'> {
  const media: $Typed<AppBskyEmbedImages.Main> | null =
    images.length > 0 ? { $type: 'app.bsky.embed.images', images } : null
  if (!quote) return media ? { embed: media } : {}
  const record: $Typed<AppBskyEmbedRecord.Main> = {
    $type: 'app.bsky.embed.record',
    record: { uri: quote.uri, cid: quote.cid },
  }
  return { embed: media ? { $type: 'app.bsky.embed.recordWithMedia', record, media } : record }
}
