import { Injectable } from '@nestjs/common'
import type {
  AppBskyEmbedExternalColorRGB,
  AppBskyEmbedExternalViewExternal,
  AppBskyEmbedExternalViewExternalSource,
  AppBskyEmbedExternalViewExternalSourceTheme,
  AppBskyEmbedGetEmbedExternalViewOutput,
  LexBlob,
} from '../../lexicon/types.js'
import { isDatetime } from '../../../repo-engine/index.js'
import type { ReadContext } from '../context.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { collectionOf, didOf } from '../../../projections/at-uri.js'
import { type StoredRecord, StoredRecords } from '../notification/stored-records.js'
import { profileViewBasic } from '../views/profile-view.js'
import { isShown } from '../views/shown.js'

/** The records behind web pages (https://standard.site): an article, and what it was published in. */
const DOCUMENT = 'site.standard.document'
const PUBLICATION = 'site.standard.publication'
const WORDS_A_MINUTE = 200

type Fields = Readonly<Record<string, unknown>>

/** Link cards that know more than a web page says: made from the records that stand behind it. */
@Injectable()
export class ExternalEmbed {
  constructor(
    private readonly hydrator: Hydrator,
    private readonly records: StoredRecords,
  ) {}

  /** The card of `url` by those of the records that are here; empty when they do not stand for it. */
  async read(
    context: ReadContext,
    url: string,
    uris: readonly string[],
  ): Promise<AppBskyEmbedGetEmbedExternalViewOutput> {
    const wanted = [...new Set(uris)].filter((uri) => [DOCUMENT, PUBLICATION].includes(collectionOf(uri)))
    const records = await this.records.of(wanted)
    const dids = [...records.keys()].map((uri) => didOf(uri)!)
    const h = await this.hydrator.hydrate(context, { dids })
    const found = wanted.flatMap((uri) => (isShown(didOf(uri)!, h) ? (records.get(uri) ?? []) : []))
    const document = found.find(({ uri }) => collectionOf(uri) === DOCUMENT)
    const publication = found.find(({ uri }) => collectionOf(uri) === PUBLICATION)
    if (found.length === 0 || !standsFor(url, document?.value, publication?.value)) return {}
    const associatedRefs = found.map(({ uri, cid }) => ({ uri, cid }))
    const external = card(url, document ?? publication!, publication, h)
    return {
      ...(external && { view: { external: { ...external, associatedRefs } } }),
      associatedRefs,
      associatedRecords: found.map(({ value }) => value),
    }
  }
}

/** Whether the page is on the site that the records name; where they name none by its address there is nothing to hold against it. */
function standsFor(url: string, document: Fields | undefined, publication: Fields | undefined): boolean {
  const host = URL.parse(url)?.host
  const sites = [publication?.url, document?.site].flatMap((site) => text(site) ?? [])
  const hosts = sites.filter((site) => /^https?:/.test(site)).map((site) => URL.parse(site)?.host)
  return host !== undefined && hosts.every((known) => known === host)
}

function card(
  uri: string,
  main: StoredRecord,
  publication: StoredRecord | undefined,
  h: Hydration,
): AppBskyEmbedExternalViewExternal | undefined {
  const { value } = main
  const title = text(value.title) ?? text(value.name)
  if (title === undefined) return undefined
  const did = didOf(main.uri)!
  const words = text(value.textContent)?.split(/\s+/).length
  const profile = profileViewBasic(did, h)
  const source = publication && sourceOf(publication, h)
  return {
    uri,
    title,
    description: text(value.description) ?? '',
    ...(isBlob(value.coverImage) && { thumb: h.urls.image('feed_thumbnail', did, value.coverImage) }),
    ...(isDatetime(value.publishedAt) && { createdAt: value.publishedAt }),
    ...(isDatetime(value.updatedAt) && { updatedAt: value.updatedAt }),
    ...(words !== undefined && { readingTime: Math.ceil(words / WORDS_A_MINUTE) }),
    ...(source && { source }),
    ...(profile && { associatedProfiles: [profile] }),
  }
}

function sourceOf({ uri, value }: StoredRecord, h: Hydration): AppBskyEmbedExternalViewExternalSource | undefined {
  const [url, title, description] = [text(value.url), text(value.name), text(value.description)]
  if (url === undefined || title === undefined || !URL.canParse(url)) return undefined
  const theme = themeOf(value.basicTheme)
  return {
    uri: url,
    title,
    ...(description !== undefined && { description }),
    ...(isBlob(value.icon) && { icon: h.urls.image('avatar', didOf(uri)!, value.icon) }),
    ...(theme && { theme }),
  }
}

function themeOf(value: unknown): AppBskyEmbedExternalViewExternalSourceTheme | undefined {
  if (!isMap(value)) return undefined
  const colors = Object.entries(COLORS).flatMap(([name, from]) => {
    const color = value[from]
    return isColor(color) ? [[name, { r: color.r, g: color.g, b: color.b }]] : []
  })
  return Object.fromEntries(colors) as AppBskyEmbedExternalViewExternalSourceTheme
}

/** The theme's colors, and what a publication calls them. */
const COLORS = {
  backgroundRGB: 'background',
  foregroundRGB: 'foreground',
  accentRGB: 'accent',
  accentForegroundRGB: 'accentForeground',
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBlob(value: unknown): value is LexBlob {
  return isMap(value) && value.$type === 'blob' && isMap(value.ref) && typeof value.ref.$link === 'string'
}

function isColor(value: unknown): value is AppBskyEmbedExternalColorRGB {
  return (
    isMap(value) && [value.r, value.g, value.b].every((n) => Number.isInteger(n) && Number(n) >= 0 && Number(n) < 256)
  )
}
