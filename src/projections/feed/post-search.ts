/**
 * The search index of posts: bsky_post_search, a full-text index without contents, rowid = bsky_post.id.
 *
 *   text      the text, as {@link searchText} prepares it
 *   alt       the alt texts of images and video, likewise
 *   tags      the tags of the record and of its facets, without #
 *   langs     each language as it stands and its primary subtag: `pt-BR pt`
 *   links     of the link facets and the card: each uri, its host, and the domains above that down to two labels
 *   mentions  the DIDs that the facets mention
 *   author    the DID of the author
 *
 * `text` and `alt` hold words; what is looked for in them goes through {@link searchText} too and is asked for as a phrase.
 * The others hold values, each made one word by {@link searchTerm}, so that a value matches as a whole or not at all:
 *
 *   from:did:plc:abc    →  author : "<searchTerm('did:plc:abc')>"
 *   mentions:…          →  mentions : "<searchTerm(did)>"
 *   domain:example.com  →  links : "<searchTerm('example.com')>", which has www.example.com too
 *   url                 →  links : "<searchTerm(uri)>"
 *   lang:pt             →  langs : "<searchTerm('pt')>", which has pt-BR too
 *   #tag                →  tags : "<searchTerm('tag')>"
 *
 * Case and, in the Latin script, diacritics make no difference.
 */
import type { Tx } from '../../modules/database/database.js'
import type { AppBskyFeedPost } from '../../modules/lexicon/types.js'
import { EMBED } from './names.js'
import { altTexts, type FacetTargets, mediaOf } from './post-content.js'

/** text, alt, tags, langs, links, mentions, author */
export type SearchColumns = [string, string, string, string, string, string, string]

/** What the index holds of a post. */
export function searchColumns(did: string, post: AppBskyFeedPost, facets: FacetTargets): SearchColumns {
  const media = mediaOf(post)
  const uris = media?.$type === EMBED.external ? [...facets.links, media.external.uri] : facets.links
  return [
    searchText(post.text),
    searchText(altTexts(post).join('\n')),
    terms(post.tags ? [...post.tags, ...facets.tags] : facets.tags),
    terms((post.langs ?? []).flatMap((lang) => [lang, lang.split('-', 1)[0]!])),
    terms(uris.flatMap((uri) => [uri, ...domainsOf(uri)])),
    terms(facets.mentions),
    searchTerm(did),
  ]
}

/**
 * Files a post, by its row in bsky_post. The index is written out at every savepoint and at COMMIT, which costs far more
 * than a row does: so all rows of a transaction go in at its end, in their order.
 */
export function addToSearch(tx: Tx, id: number, columns: SearchColumns): void {
  tx.beforeCommit(async (last) => void (await last.run(INSERT, id, ...columns)))
}

/** Takes a post out of the index. */
export function removeFromSearch(tx: Tx, id: number): void {
  tx.beforeCommit(async (last) => void (await last.run('DELETE FROM bsky_post_search WHERE rowid = ?', id)))
}

const INSERT = `INSERT INTO bsky_post_search (rowid, text, alt, tags, langs, links, mentions, author)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

/** Scripts that put no space between words: every character counts as a word, and a phrase finds them in a row. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/gu

/** A text as its words are indexed and looked for. */
export function searchText(text: string): string {
  return text.replace(UNSPACED, ' $& ')
}

/** What the index would split a word at. */
const NO_LETTER = /[^\p{L}\p{N}\p{Co}]/gu
const PRIVATE_USE = 0xe000
const PRIVATE_USE_SIZE = 0x1900

/** A value as one word: what is no letter or number becomes a character of private use, which counts as a letter. */
export function searchTerm(value: string): string {
  const inPrivateUse = (char: string): string =>
    String.fromCharCode(PRIVATE_USE + (char.codePointAt(0)! % PRIVATE_USE_SIZE))
  return value.normalize('NFC').replace(NO_LETTER, inPrivateUse)
}

function terms(values: string[]): string {
  return values.length ? [...new Set(values)].map(searchTerm).join(' ') : ''
}

/** Domains above a host that are indexed: nobody searches deeper ones, and a host may have over a hundred. */
const MAX_DOMAINS = 5

/** blog.example.com → blog.example.com, example.com. None for what is no uri of the web. */
function domainsOf(uri: string): string[] {
  const host = URL.canParse(uri) ? new URL(uri).hostname : ''
  const labels = host.split('.')
  const domains = host ? [host] : []
  for (let n = Math.min(labels.length - 1, MAX_DOMAINS); n >= 2; n--) domains.push(labels.slice(-n).join('.'))
  return domains
}
