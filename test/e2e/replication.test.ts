/**
 * Three servers on one machine: c follows a, b pushes to c, and a and b follow c for what it passes on. Whatever is killed,
 * restarted or cut off meanwhile, at rest all of them hold the same bytes.
 */
import { rmSync } from 'node:fs'
import { Line, Network, type Node } from './replication/network.js'
import { Person } from './replication/writers.js'
import { eventually } from '../support/eventually.js'

const ROUNDS = Number(process.env.SKYLOG_REPLICATION_ROUNDS ?? 4)
const ROUND_MS = 1_500

let network: Network
let nodes: Node[] = []
const lines: Line[] = []

beforeAll(async () => (network = await Network.start()))
afterAll(async () => {
  lines.forEach((line) => line.close())
  for (const node of nodes) {
    await node.kill()
    rmSync(node.directory, { recursive: true, force: true })
  }
  await network.close()
})

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function repoOf({ url }: Node, did: string): Promise<Buffer | null> {
  const response = await fetch(`${url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  return response.status === 200 ? bytes : null
}

/** Resolves when everybody holds the same of everybody. */
async function atRest(dids: readonly string[]): Promise<void> {
  let odd = ''
  const isSo = async (): Promise<boolean> => {
    odd = ''
    for (const did of dids) {
      const [first, ...others] = await Promise.all(nodes.map((node) => repoOf(node, did)))
      if (!first || others.some((other) => !other?.equals(first))) odd = did
      if (odd) break
    }
    return !odd
  }
  await eventually(isSo).catch(async () => {
    const peers = await Promise.all(nodes.map((node) => node.admin('/admin/peers')))
    throw new Error(`${odd} is not the same everywhere:\n${peers.join('\n')}`)
  })
}

async function timelineOf(person: Person): Promise<{ post: { author: { did: string; handle: string } } }[]> {
  const response = await fetch(`${person.node.url}/xrpc/app.bsky.feed.getTimeline?limit=100`, {
    headers: { authorization: `Bearer ${person.accessJwt}` },
  })
  return ((await response.json()) as { feed: { post: { author: { did: string; handle: string } } }[] }).feed
}

it(
  `hold byte-identical repositories after kill -9, restarts and dropped connections (${ROUNDS} rounds)`,
  async () => {
    const [a, b, c] = (nodes = [
      await network.node('a'),
      await network.node('b'),
      await network.node('c', { PDS_FIREHOSE_SCOPE: 'all' }),
    ]) as [Node, Node, Node]
    const [pushLine, relayLine] = [await Line.to(c.port), await Line.to(c.port)]
    lines.push(pushLine, relayLine)
    await c.admin('/admin/peers', { who: a.url, direction: 'pull' })
    await c.admin('/admin/peers', { who: b.url, direction: 'accept' })
    await b.admin('/admin/peers', { who: pushLine.url, direction: 'push' })
    await a.admin('/admin/peers', { who: relayLine.url, direction: 'pull', relay: true })
    await b.admin('/admin/peers', { who: c.url, direction: 'pull', relay: true })

    const people = ['alice', 'anna', 'bob', 'bert', 'carla'].map(
      (name) => new Person(name, name.startsWith('a') ? a : name.startsWith('b') ? b : c, Math.random),
    )
    for (const person of people) await person.signUp()
    const carla = people.at(-1)!
    await carla.follow(people.slice(0, -1))
    let done = false
    const writing = people.map((person) => person.write(() => done, people))

    for (let round = 0; round < ROUNDS; round++) {
      await sleep(ROUND_MS * Math.random())
      ;[pushLine, relayLine][round % 2]!.cut()
      const node = nodes[round % nodes.length]!
      if (round % 4 === 3) await node.stop()
      else await node.kill()
      await sleep(ROUND_MS * Math.random() * 0.5)
      await node.start()
    }
    await eventually(() => people.every(({ acknowledged }) => acknowledged > 10), 'everybody has written')
    done = true
    await Promise.all(writing)
    await atRest(people.map(({ did }) => did))

    // The last of everybody is in the timeline on c, under the names that their own servers have given them.
    for (const person of people) await person.say('good night')
    await atRest(people.map(({ did }) => did))
    const authors = ['alice.a.test', 'anna.a.test', 'bert.b.test', 'bob.b.test', 'carla.c.test']
    await eventually(async () => {
      const handles = (await timelineOf(carla)).map(({ post }) => post.author.handle)
      return [...new Set(handles)].sort().join() === authors.join()
    }, `posts of ${authors.join()} are in the timeline`)
    // What the log of c means is what its tables say, mirrored accounts and all.
    expect(await c.admin('/admin/rebuild', { verify: true })).toMatch(/"result":\{.*\}\n$/)
    for (const node of nodes) expect(node.output).not.toMatch(/ERROR|TypeError/)
  },
  300_000 + ROUNDS * 20_000,
)
