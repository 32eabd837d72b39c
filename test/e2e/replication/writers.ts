import type { Node } from './network.js'

const POST = 'app.bsky.feed.post'
const LIKE = 'app.bsky.feed.like'
const FOLLOW = 'app.bsky.graph.follow'

/** An account that writes at random, and goes on whatever happens to its server. */
export class Person {
  accessJwt = ''
  did = ''
  private readonly posts: string[] = []
  private made = 0
  acknowledged = 0

  constructor(
    readonly name: string,
    readonly node: Node,
    private readonly random: () => number,
  ) {}

  async signUp(): Promise<void> {
    const handle = `${this.name}.${this.node.name}.test`
    const body = { handle, email: `${this.name}@example.com`, password: 'a-password' }
    const { did, accessJwt } = await this.call<Person>('com.atproto.server.createAccount', body)
    Object.assign(this, { did, accessJwt })
  }

  async follow(others: readonly Person[]): Promise<void> {
    for (const { did } of others) await this.create(FOLLOW, { subject: did })
  }

  async say(text: string): Promise<void> {
    await this.create(POST, { text })
  }

  /** Writes until told to stop; a server that is away is waited for. */
  async write(stop: () => boolean, others: readonly Person[]): Promise<void> {
    while (!stop())
      try {
        await this.writeOne(others)
        this.acknowledged++
      } catch (error) {
        if (error instanceof Refused && !/Could not find|InvalidSwap|already|exists/i.test(error.message)) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
  }

  private async writeOne(others: readonly Person[]): Promise<void> {
    const chance = this.random()
    const old = this.posts[Math.floor(this.random() * this.posts.length)]
    if (!old || chance < 0.5) this.posts.push(await this.create(POST, this.post()))
    else if (chance < 0.65) await this.put(old)
    else if (chance < 0.8) {
      await this.remove(old)
      this.posts.splice(this.posts.indexOf(old), 1)
    } else if (chance < 0.9) await this.createMany(2 + Math.floor(this.random() * 30))
    else await this.like(others[Math.floor(this.random() * others.length)]!)
  }

  private async like(other: Person): Promise<void> {
    const rkey = other.posts.at(-1)
    if (rkey === undefined) return
    const cid = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
    await this.create(LIKE, { subject: { uri: `at://${other.did}/${POST}/${rkey}`, cid } })
  }

  private post(): object {
    return { text: `${this.name} ${this.made++} ${'x'.repeat(this.random() * 200)}` }
  }

  private async create(collection: string, value: object): Promise<string> {
    const record = { $type: collection, createdAt: new Date().toISOString(), ...value }
    const body = { repo: this.did, collection, record }
    const { uri } = await this.call<{ uri: string }>('com.atproto.repo.createRecord', body)
    return uri.slice(uri.lastIndexOf('/') + 1)
  }

  private async createMany(count: number): Promise<void> {
    const writes = Array.from({ length: count }, () => ({
      $type: 'com.atproto.repo.applyWrites#create',
      collection: POST,
      value: { $type: POST, createdAt: new Date().toISOString(), ...this.post() },
    }))
    await this.call('com.atproto.repo.applyWrites', { repo: this.did, writes })
  }

  private async put(rkey: string): Promise<void> {
    const record = { $type: POST, createdAt: new Date().toISOString(), ...this.post() }
    await this.call('com.atproto.repo.putRecord', { repo: this.did, collection: POST, rkey, record })
  }

  private async remove(rkey: string): Promise<void> {
    await this.call('com.atproto.repo.deleteRecord', { repo: this.did, collection: POST, rkey })
  }

  private async call<Answer>(nsid: string, body: object): Promise<Answer> {
    const response = await fetch(`${this.node.url}/xrpc/${nsid}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.accessJwt && { authorization: `Bearer ${this.accessJwt}` }),
      },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (response.status !== 200) throw new Refused(text)
    return (text ? JSON.parse(text) : {}) as Answer
  }
}

/** The server has answered, and not what it should. */
export class Refused extends Error {}
