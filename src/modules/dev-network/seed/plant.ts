import type { TestAccount, TestNetwork } from '../test-network.js'
import { community, LIST, type Person, type Post } from './community.js'
import { facetsOf } from './facets.js'
import { pictureOf } from './picture.js'

const PEOPLE = 4
const MAX_PEOPLE = 2_000
const MINUTE_MS = 60_000
/** Accounts that are made at the same time. */
const AT_ONCE = 8

/** A version of a record (com.atproto.repo.strongRef). */
interface Ref {
  uri: string
  cid: string
}

type Record$ = { $type: string } & Record<string, unknown>

/**
 * Puts the people of {@link community} and all that they say into a network, each on the next of its servers. Gives them in
 * order, signed in, when every server has everything. @throws RangeError; CallError where somebody has such a handle already
 */
export async function plant(network: TestNetwork, count = PEOPLE): Promise<TestAccount[]> {
  if (!Number.isInteger(count) || count < 1 || count > MAX_PEOPLE)
    throw new RangeError(`a network is seeded with 1 to ${MAX_PEOPLE} people`)
  return new Planting(network).plant(count)
}

class Planting {
  private readonly accounts = new Map<string, TestAccount>()
  /** By the ids of their posts. */
  private readonly refs = new Map<string, Ref>()
  /** The first posts of the threads that replies stand in, by the ids of these. */
  private readonly roots = new Map<string, Ref>()
  private readonly now: number

  constructor(private readonly network: TestNetwork) {
    this.now = network.clock.now()
  }

  async plant(count: number): Promise<TestAccount[]> {
    const { people, posts } = community(count)
    const { pds } = this.network
    for (let i = 0; i < people.length; i += AT_ONCE)
      await Promise.all(people.slice(i, i + AT_ONCE).map((person, n) => this.settle(person, (i + n) % pds.length)))
    // A post that answers another one needs its CID: one after another, from old to new.
    for (const post of posts) await this.say(post)
    for (const person of people) await this.like(person, posts)
    if (LIST.of.every((name) => this.accounts.has(name))) await this.list()
    await this.network.settled()
    return people.map(({ name }) => this.account(name))
  }

  private async settle({ name, displayName, description }: Person, pds: number): Promise<void> {
    const account = await this.network.createAccount({ handle: name, pds })
    this.accounts.set(name, account)
    const avatar = await upload(account, pictureOf(name))
    const banner = await upload(account, pictureOf(`${name} banner`, 3))
    const createdAt = this.at(30 * 24 * 60)
    const value = { $type: 'app.bsky.actor.profile', displayName, description, avatar, banner, createdAt }
    await write(account, [{ ...value, rkey: 'self' }])
  }

  private async say(post: Post): Promise<void> {
    const { id, by, text: draft, minutesAgo, replyTo } = post
    const account = this.account(by)
    const text = draft.replace(/@(\w+)/g, (_, name: string) => `@${this.account(name).handle}`)
    const facets = facetsOf(text, (handle) => this.didOf(handle))
    const embed = await this.embedOf(account, post)
    const [ref] = await write(account, [
      {
        $type: 'app.bsky.feed.post',
        text,
        langs: ['en'],
        createdAt: this.at(minutesAgo),
        ...(facets.length > 0 && { facets }),
        ...(replyTo !== undefined && { reply: this.replyTo(replyTo) }),
        ...(embed !== null && { embed }),
      },
    ])
    this.refs.set(id, ref!)
    if (replyTo !== undefined) this.roots.set(id, this.replyTo(replyTo).root)
  }

  private async embedOf(account: TestAccount, { id, images, quotes }: Post): Promise<object | null> {
    if (quotes !== undefined) return { $type: 'app.bsky.embed.record', record: this.refs.get(quotes)! }
    if (images === undefined) return null
    const shown: object[] = []
    for (const [i, alt] of images.entries())
      shown.push({
        alt,
        image: await upload(account, pictureOf(`${id} ${i}`, 2)),
        aspectRatio: { width: 2, height: 1 },
      })
    return { $type: 'app.bsky.embed.images', images: shown }
  }

  /** What replies to a post say of where they stand. */
  private replyTo(id: string): { root: Ref; parent: Ref } {
    const above = this.roots.get(id) ?? this.refs.get(id)!
    return { root: above, parent: this.refs.get(id)! }
  }

  /** Follows, likes and reposts of one person, in one commit. */
  private async like({ name, follows }: Person, posts: readonly Post[]): Promise<void> {
    const liked = posts.filter(({ likedBy }) => likedBy?.includes(name))
    const reposted = posts.filter(({ repostedBy }) => repostedBy?.includes(name))
    const of = ($type: string, { id, minutesAgo }: Post): Record$ => ({
      ...{ $type, subject: this.refs.get(id)!, createdAt: this.at(minutesAgo - 2) },
    })
    await write(this.account(name), [
      ...follows.map((followed) => ({
        ...{ $type: 'app.bsky.graph.follow', subject: this.account(followed).did, createdAt: this.at(29 * 24 * 60) },
      })),
      ...liked.map((post) => of('app.bsky.feed.like', post)),
      ...reposted.map((post) => of('app.bsky.feed.repost', post)),
    ])
  }

  private async list(): Promise<void> {
    const { by, name, description, of } = LIST
    const account = this.account(by)
    const createdAt = this.at(24 * 60)
    const purpose = 'app.bsky.graph.defs#curatelist'
    const [list] = await write(account, [{ $type: 'app.bsky.graph.list', name, description, purpose, createdAt }])
    await write(
      account,
      of.map((member) => ({
        ...{ $type: 'app.bsky.graph.listitem', list: list!.uri, subject: this.account(member).did, createdAt },
      })),
    )
  }

  private account(name: string): TestAccount {
    return this.accounts.get(name)!
  }

  private didOf(handle: string): string | null {
    return [...this.accounts.values()].find((account) => account.handle === handle)?.did ?? null
  }

  private at(minutesAgo: number): string {
    return new Date(this.now - minutesAgo * MINUTE_MS).toISOString()
  }
}

async function upload(account: TestAccount, picture: Buffer): Promise<object> {
  const { blob } = await account.procedure('com.atproto.repo.uploadBlob', picture, 'image/png')
  return blob
}

/** Creates records, under the keys that they bring as `rkey` or new ones. Gives what they are now. */
async function write(account: TestAccount, records: readonly (Record$ & { rkey?: string })[]): Promise<Ref[]> {
  if (records.length === 0) return []
  const writes = records.map(({ rkey, ...value }) => ({
    ...{ $type: 'com.atproto.repo.applyWrites#create', collection: value.$type, value },
    ...(rkey !== undefined && { rkey }),
  }))
  const { did: repo } = account
  const { results } = await account.procedure('com.atproto.repo.applyWrites', { repo, writes })
  return (results as Ref[]).map(({ uri, cid }) => ({ uri, cid }))
}
