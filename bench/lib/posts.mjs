import { randomSource } from './stats.mjs'

export const POST = 'app.bsky.feed.post'

/** The records of a repository stand a minute apart from here on, so that there is room for keys between them. */
const FIRST_KEY_MICROS = Date.UTC(2024, 0, 1) * 1000
const MINUTE_MICROS = 60_000_000

const WORDS =
  'the sky was clear again this morning and we walked along river until bridge came into sight with all its lights still on a few people were already out running or feeding birds that never seem to sleep coffee tasted better than usual maybe because of cold someone played piano near open window my friend says nobody listens but i did for quite some time then rain started writing software is mostly reading what others wrote before you thought about problem'.split(
    ' ',
  )

/** Posts of 4 to 40 words, the same ones for the same seed. */
export function* posts(seed) {
  const random = randomSource(seed)
  for (let i = 0; ; i++) {
    const words = Array.from({ length: 4 + random.of(37) }, () => random.pick(WORDS))
    const createdAt = new Date(FIRST_KEY_MICROS / 1000 + i * 1000).toISOString()
    yield { $type: POST, text: words.join(' '), createdAt, langs: ['en'] }
  }
}

/** Record keys by the engine's TIDs: the key of the i-th record, and a new one each time just behind it. */
export function recordKeys({ tidFromMicros }) {
  let between = 0
  return {
    at: (i) => tidFromMicros(FIRST_KEY_MICROS + i * MINUTE_MICROS, 0),
    behind: (i) => tidFromMicros(FIRST_KEY_MICROS + i * MINUTE_MICROS + ++between, 0),
  }
}

/** The repository of `count` posts as a CAR in streamable order, signed for `did` with a key made up here. */
export function buildCar(engine, did, count, seed) {
  const { buildTree, Cid, encodeCar, encodeCbor, MemoryBlockstore, SigningKey, signCommit, walkTree } = engine
  const keys = recordKeys(engine)
  const source = posts(seed)
  const records = new Map()
  for (let i = 0; i < count; i++) {
    const bytes = encodeCbor(source.next().value)
    records.set(`${POST}/${keys.at(i)}`, { cid: Cid.ofCbor(bytes), bytes })
  }
  const nodes = new MemoryBlockstore()
  const entries = Array.from(records, ([path, { cid }]) => [path, cid])
  const { root } = buildTree(entries, ({ cid, bytes }) => nodes.put(cid, bytes))
  const key = SigningKey.generate('k256')
  const bytes = signCommit({ did, version: 3, data: root, rev: keys.at(count), prev: null }, key)
  const blocks = [{ cid: Cid.ofCbor(bytes), bytes }]
  for (const item of walkTree(nodes, root)) blocks.push(item.kind === 'node' ? item : records.get(item.key))
  return { car: encodeCar(blocks[0].cid, blocks), entries, root, nodes, didKey: key.didKey }
}
