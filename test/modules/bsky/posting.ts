import type { AtpAgent } from '@atproto/api'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'

export type Client = AtpAgent & { assertDid: string }

/** What a record is pointed at by. */
export interface Ref {
  uri: string
  cid: string
}

const lexicons = new Lexicons()
/** Everything is posted in the past, a minute after what was posted before. */
let clock = Date.parse('2025-01-06T00:00:00.000Z')

export function nextMoment(): string {
  return new Date((clock += 60_000)).toISOString()
}

/** The answer of a method, which is as its lexicon says. */
export async function checked<Data>(nsid: string, call: Promise<{ data: Data }>): Promise<Data> {
  const { data } = await call
  lexicons.checkOutput(nsid, data)
  return data
}

/** A new record of a collection. */
export async function create(client: Client, collection: string, record: object, rkey?: string): Promise<Ref> {
  const { data } = await client.com.atproto.repo.createRecord({
    repo: client.assertDid,
    collection,
    rkey,
    record: { $type: collection, createdAt: nextMoment(), ...record },
  })
  return { uri: data.uri, cid: data.cid }
}

export function post(client: Client, text: string, more: object = {}): Promise<Ref> {
  return create(client, 'app.bsky.feed.post', { text, ...more })
}

export function reply(client: Client, text: string, parent: Ref, root: Ref = parent): Promise<Ref> {
  return post(client, text, { reply: { root, parent } })
}

export function quote(client: Client, text: string, record: Ref): Promise<Ref> {
  return post(client, text, { embed: { $type: 'app.bsky.embed.record', record } })
}

export function like(client: Client, subject: Ref): Promise<Ref> {
  return create(client, 'app.bsky.feed.like', { subject })
}

export function repost(client: Client, subject: Ref): Promise<Ref> {
  return create(client, 'app.bsky.feed.repost', { subject })
}

export function follow(client: Client, subject: Client): Promise<Ref> {
  return create(client, 'app.bsky.graph.follow', { subject: subject.assertDid })
}

/** Blocks somebody. */
export function block(client: Client, subject: Client): Promise<Ref> {
  return create(client, 'app.bsky.graph.block', { subject: subject.assertDid })
}

/** The gate of a post: its rules and the replies that it hides. */
export function threadgate(client: Client, { uri }: Ref, gate: object): Promise<Ref> {
  return create(client, 'app.bsky.feed.threadgate', { post: uri, ...gate }, uri.split('/').at(-1))
}

export async function remove(client: Client, { uri }: Ref): Promise<void> {
  const [, , repo, collection, rkey] = uri.split('/')
  await client.com.atproto.repo.deleteRecord({ repo: repo!, collection: collection!, rkey: rkey! })
}

/** The text of a post's view. */
export function textOf({ record }: { record: unknown }): string {
  return (record as { text: string }).text
}
