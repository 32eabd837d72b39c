import { AtpAgent, XRPCError } from '@atproto/api'
import { LexiconCheck } from '../../support/lexicon-check.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { GeneratorStub } from '../../modules/bsky/generator/generator-stub.js'

/** Who lives here. Erin leaves before the end. */
export const PEOPLE = ['alice', 'bob', 'carla', 'dan', 'erin'] as const
export type Person = (typeof PEOPLE)[number]
/** Through whose eyes everything is looked at. */
export const VIEWERS = ['alice', 'bob', 'carla', 'dan', 'nobody'] as const
export type Viewer = (typeof VIEWERS)[number] | Person

export type Values = Record<string, unknown>
/** An answer in which names stand for DIDs and at-uris. Any field may be looked at. */
export type Answer = any

const ADMIN_PASSWORD = 'operator-password'
/** `app.bsky.getProfile`, without a namespace in between. */
const OF_2022 = /^app\.bsky\.\w+$/

/** What the feed bob/cats is made of. */
const SKELETON = {
  feed: [
    ...['alice/photo', 'alice/mistake', 'dan/noise', 'carla/link'].map((post) => ({ post })),
    {
      post: 'alice/hello',
      reason: { $type: 'app.bsky.feed.defs#skeletonReasonRepost', repost: 'bob/reposts alice/hello' },
    },
  ],
}

/** What things are called in the tests: `alice` is a DID, `alice/hello` the at-uri of a record of hers. */
export class Names {
  private readonly names = new Map<string, string>()
  private readonly things = new Map<string, string>()

  add(name: string, thing: string): void {
    this.names.set(thing, name)
    this.things.set(name, thing)
  }

  /** @throws Error for a name that was never given. */
  thing(name: string): string {
    const thing = this.things.get(name)
    if (thing === undefined) throw new Error(`nothing is called ${name}`)
    return thing
  }

  /** A value with names for whatever has one. */
  named(value: unknown): Answer {
    return rewritten(value, this.names)
  }

  /** A value with what the names stand for. */
  meant<Value>(value: Value): Value {
    return rewritten(value, this.things) as Value
  }
}

function rewritten(value: unknown, words: ReadonlyMap<string, string>): unknown {
  if (value === undefined) return undefined
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === 'string' ? (words.get(part) ?? part) : part,
  )
}

/** The people and their clients, the server that they are on, and a feed generator elsewhere. */
export class Cast {
  readonly names = new Names()
  readonly lexicons = new LexiconCheck()
  private readonly clients = new Map<Viewer, AtpAgent>()

  private constructor(
    public server: TestServer,
    readonly generator: GeneratorStub,
  ) {}

  /** Everybody signs up. Bob is one whose verifications count, which the server is told when it starts. */
  static async assemble(): Promise<Cast> {
    const server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN_PASSWORD })
    const cast = new Cast(server, await GeneratorStub.start())
    for (const person of PEOPLE) {
      const client = cast.agent()
      const { data } = await client.createAccount({
        handle: `${person}.test`,
        email: `${person}@example.com`,
        password: `${person}-password`,
      })
      cast.clients.set(person, client)
      cast.names.add(person, data.did)
    }
    cast.clients.set('nobody', cast.agent())
    cast.names.add('labeler', 'did:web:localhost')
    cast.names.add('bob/no feed', `at://${cast.did('bob')}/app.bsky.feed.generator/none`)
    cast.generator.answers = {
      'app.bsky.feed.describeFeedGenerator': () => [
        200,
        cast.names.meant({ did: cast.generator.did, feeds: [{ uri: 'bob/cats' }] }),
      ],
      'app.bsky.feed.getFeedSkeleton': () => [200, cast.names.meant(SKELETON)],
    }
    await cast.restart()
    return cast
  }

  async leave(): Promise<void> {
    await stopTestServer(this.server)
    await this.generator.close()
  }

  /** Stops the server and starts it again, on the same port: clients notice nothing. */
  async restart(): Promise<void> {
    const { url, directory } = this.server
    await this.server.close()
    const env = {
      PDS_ADMIN_PASSWORD: ADMIN_PASSWORD,
      PDS_PORT: new URL(url).port,
      APPVIEW_TRUSTED_VERIFIERS: this.did('bob'),
    }
    this.server = await startTestServer(env, directory)
  }

  client(viewer: Viewer): AtpAgent {
    return this.clients.get(viewer)!
  }

  did(person: Person): string {
    return this.names.thing(person)
  }

  /** A client that asks as the operator. */
  operator(): AtpAgent {
    const agent = this.agent()
    agent.setHeader('authorization', `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`)
    return agent
  }

  /** An answer with names in it, or what was refused: `401 AuthMissing`. The params may have names. */
  async ask(viewer: Viewer, nsid: string, params: Values = {}, headers: Record<string, string> = {}): Promise<Answer> {
    const { names } = this
    try {
      if (OF_2022.test(nsid)) return names.named(await this.call2022(viewer, nsid, names.meant(params)))
      const options = { headers: names.meant(headers) }
      const { data } = await this.client(viewer).call(nsid, names.meant(params) as never, undefined, options)
      return names.named(data)
    } catch (error) {
      // Whatever is no plain refusal by the server is thrown: an answer against its lexicon, no connection.
      if (!(error instanceof XRPCError) || error.constructor !== XRPCError || (error.status as number) < 400)
        throw error
      return `${error.status} ${error.error}`
    }
  }

  /** Calls a procedure. @throws XRPCError when it is refused. */
  async tell(viewer: Viewer, nsid: string, input: Values): Promise<Answer> {
    const { names } = this
    const meant = names.meant(input)
    if (OF_2022.test(nsid)) return names.named(await this.call2022(viewer, nsid, {}, meant))
    const { data } = await this.client(viewer).call(nsid, undefined, meant, { encoding: 'application/json' })
    return names.named(data)
  }

  /** The methods of 2022 are unknown to today's client. It carries them all the same. */
  private async call2022(viewer: Viewer, nsid: string, params: Values, input?: Values): Promise<unknown> {
    const query = new URLSearchParams(params as Record<string, string>)
    const response = await this.client(viewer).sessionManager.fetchHandler(`/xrpc/${nsid}?${query}`, {
      ...(input && { method: 'POST', body: JSON.stringify(input), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    const body = text === '' ? undefined : (JSON.parse(text) as Values)
    if (!response.ok) throw new XRPCError(response.status, String(body?.error), String(body?.message))
    return body
  }

  private agent(): AtpAgent {
    return new AtpAgent({ service: this.server.url, fetch: this.lexicons.fetch })
  }
}
