import { expect } from '@jest/globals'
import type { Cast, Person, Values } from './cast.js'
import { gone, shown } from './own-writes.js'

/** What a record is pointed at by. */
export interface Ref {
  uri: string
  cid: string
}

const MINUTE_MS = 60_000
/** The story begins so long ago, and something is written every minute. */
const BEGAN_MS = 3 * 60 * MINUTE_MS

/**
 * Writes and deletes records through the official client, each under a name (`alice/hello`). As soon as the call returns,
 * its author must see it wherever it belongs.
 */
export class Records {
  private readonly refs = new Map<string, Ref>()
  private clock = Date.now() - BEGAN_MS

  constructor(private readonly cast: Cast) {}

  /** The reference of a record by its name. */
  ref(name: string): Ref {
    const ref = this.refs.get(name)
    if (!ref) throw new Error(`no record is called ${name}`)
    return ref
  }

  nextMoment(): string {
    return new Date((this.clock += MINUTE_MS)).toISOString()
  }

  /** A new record; what is pointed at in it may be given by name. */
  async create(author: Person, label: string, collection: string, values: Values, rkey?: string): Promise<Ref> {
    const { cast } = this
    const record = cast.names.meant({ $type: collection, createdAt: this.nextMoment(), ...values })
    const repo = cast.did(author)
    const { data } = await cast.client(author).com.atproto.repo.createRecord({ repo, collection, rkey, record })
    return this.written(author, `${author}/${label}`, collection, data, record)
  }

  /** A record in place of one, or the first under that key. */
  async put(author: Person, label: string, collection: string, rkey: string, values: Values): Promise<Ref> {
    const { cast } = this
    const record = cast.names.meant({ $type: collection, createdAt: this.nextMoment(), ...values })
    const repo = cast.did(author)
    const { data } = await cast.client(author).com.atproto.repo.putRecord({ repo, collection, rkey, record })
    return this.written(author, `${author}/${label}`, collection, data, record)
  }

  /** Puts other values into a record; those that are undefined go. */
  async edit(name: string, changes: Values): Promise<Ref> {
    const [author, label] = nameParts(name)
    const key = keyOf(this.ref(name).uri)
    const { value } = (await this.cast.client(author).com.atproto.repo.getRecord(key)).data
    return this.put(author, label, key.collection, key.rkey, { ...value, ...changes })
  }

  async remove(name: string): Promise<void> {
    const { cast } = this
    const [author] = nameParts(name)
    const key = keyOf(this.ref(name).uri)
    const { value } = (await cast.client(author).com.atproto.repo.getRecord(key)).data
    await cast.client(author).com.atproto.repo.deleteRecord(key)
    await gone[key.collection]?.({ cast, author, name, record: cast.names.named(value) as Values })
  }

  post(author: Person, label: string, text: string, more: Values = {}): Promise<Ref> {
    return this.create(author, label, 'app.bsky.feed.post', { text, langs: ['en'], ...more })
  }

  /** A reply to the post of one name in the thread under that of another. */
  reply(author: Person, label: string, text: string, parent: string, root = parent): Promise<Ref> {
    return this.post(author, label, text, { reply: { root: this.ref(root), parent: this.ref(parent) } })
  }

  /** A post that quotes a record. */
  quote(author: Person, label: string, text: string, name: string): Promise<Ref> {
    return this.post(author, label, text, { embed: { $type: 'app.bsky.embed.record', record: this.ref(name) } })
  }

  /** A like of a record, through a repost where one is named. */
  like(author: Person, name: string, via?: string): Promise<Ref> {
    return this.react(author, 'like', name, via)
  }

  repost(author: Person, name: string, via?: string): Promise<Ref> {
    return this.react(author, 'repost', name, via)
  }

  follow(author: Person, subject: Person): Promise<Ref> {
    return this.create(author, `follows ${subject}`, 'app.bsky.graph.follow', { subject })
  }

  block(author: Person, subject: Person): Promise<Ref> {
    return this.create(author, `blocks ${subject}`, 'app.bsky.graph.block', { subject })
  }

  /** Puts people on the list of a name. */
  async addTo(list: string, ...subjects: Person[]): Promise<void> {
    const [author, label] = nameParts(list)
    for (const subject of subjects)
      await this.create(author, `${label} has ${subject}`, 'app.bsky.graph.listitem', { list, subject })
  }

  /** What stands beside a post under the same key: its gate. */
  gate(kind: 'threadgate' | 'postgate', name: string, values: Values): Promise<Ref> {
    const [author, label] = nameParts(name)
    const rkey = this.ref(name).uri.split('/').at(-1)!
    return this.put(author, `${label} ${kind}`, `app.bsky.feed.${kind}`, rkey, { post: name, ...values })
  }

  private react(author: Person, kind: 'like' | 'repost', name: string, via?: string): Promise<Ref> {
    return this.create(author, `${kind}s ${name}`, `app.bsky.feed.${kind}`, {
      subject: this.ref(name),
      ...(via && { via: this.ref(via) }),
    })
  }

  private async written(
    author: Person,
    name: string,
    collection: string,
    { uri, cid }: Ref,
    record: Values,
  ): Promise<Ref> {
    const { cast } = this
    cast.names.add(name, uri)
    this.refs.set(name, { uri, cid })
    expect(await cast.ask(author, 'com.atproto.repo.getRecord', { ...keyOf(uri) })).toMatchObject({ uri: name, cid })
    await shown[collection]?.({ cast, author, name, record: cast.names.named(record) as Values })
    return { uri, cid }
  }
}

function nameParts(name: string): [author: Person, label: string] {
  return name.split('/') as [Person, string]
}

function keyOf(uri: string): { repo: string; collection: string; rkey: string } {
  const [, , repo, collection, rkey] = uri.split('/')
  return { repo: repo!, collection: collection!, rkey: rkey! }
}
