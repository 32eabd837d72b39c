/** How fast the repository engine is by itself: in memory, in one thread, without a server. See README.md. */
import { loadEngine } from './lib/engine.mjs'
import { describeMachine } from './lib/machine.mjs'
import { readOptions } from './lib/options.mjs'
import { buildCar, POST, posts, recordKeys } from './lib/posts.mjs'
import { figure, median, randomSource } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'

const USAGE = `usage: node bench/engine.mjs [options]
  --only NAMES   figures whose names hold one of these texts, with commas between
  --scale N      this share of the records and rounds' lengths; 0.05 is a quick look
  --rounds N     measured rounds of each figure, after one that is not; 7
  --json         figures as JSON
  --dist DIR     the build to measure; dist`

const options = readOptions(USAGE, { rounds: { type: 'string', default: '7' } })
const { scale, only } = options
const engine = await loadEngine(options.dist)
const { buildTree, Cid, decodeCar, decodeCbor, diffTrees, encodeCar, encodeCbor, formatCommit } = engine
const { MemoryBlockstore, Mst, proveOps, SigningKey, tidFromMicros, verifyDiff, verifyRepo } = engine

const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const SIZES = [1_000, 10_000, 100_000].map(scale)
const LARGE = SIZES.at(-1)
const STEPS = scale(2_000)
const keys = recordKeys(engine)
const results = []

// Writes and the trees they are made to; the records of every tree stand under the same keys.
const writes = createWrites(STEPS)
const random = randomSource(1)
const middle = writes.map((write) => ({ ...write, path: `${POST}/${keys.behind(random.of(LARGE))}` }))
const repos = new Map(SIZES.map((size) => [size, lazily(() => buildCar(engine, DID, size, 1))]))
const large = repos.get(LARGE)

for (const curve of ['k256', 'p256'])
  for (const [size, repo] of repos)
    measure(`commit of one record, ${curve} @${size}`, 'commits/s', () => {
      const tree = loadTree(repo())
      const key = SigningKey.generate(curve)
      return () => commitAll(tree, key).length
    })

measure(`buildTree @${LARGE}`, 'records/s', () => {
  const { entries } = large()
  return () => {
    buildTree(entries, () => undefined)
    return entries.length
  }
})
for (const [edge, list] of [
  ['right edge', writes],
  ['middle', middle],
]) {
  measure(`set and root, ${edge} @${LARGE}`, 'sets/s', () => {
    const before = loadTree(large())
    return () => treesOf(before, list).length
  })
  measure(`diffTrees, ${edge} @${LARGE}`, 'diffs/s', () => {
    const before = loadTree(large())
    const trees = [before, ...treesOf(before, list)]
    return () => {
      for (let i = 0; i < list.length; i++) diffTrees(trees[i], trees[i + 1])
      return list.length
    }
  })
  measure(`proveOps, ${edge} @${LARGE}`, 'proofs/s', () => {
    const trees = treesOf(loadTree(large()), list)
    return () => {
      trees.forEach((tree, i) => proveOps(tree, [{ action: 'create', path: list[i].path }]))
      return list.length
    }
  })
}
measure(`verifyDiff @${LARGE}`, 'commits/s', () => {
  const key = SigningKey.generate('k256')
  const commits = commitAll(loadTree(large()), key)
  return () => {
    let known = { rev: keys.at(LARGE), data: commits[0].prevData }
    for (const { blocks: car, ops, rev, data } of commits) {
      verifyDiff({ car, did: DID, didKey: key.didKey, known, ops })
      known = { rev, data }
    }
    return commits.length
  }
})
measure('encode a post as CBOR', 'posts/s', () => {
  const values = take(posts(2), STEPS)
  return () => times(10, values, encodeCbor)
})
measure('decode a post', 'posts/s', () => {
  const blocks = writes.map(({ bytes }) => bytes)
  return () => times(10, blocks, (bytes) => decodeCbor(bytes))
})
measure(`decodeCar @${LARGE}`, 'MB/s', () => {
  const { car } = large()
  return () => {
    decodeCar(car)
    return car.length / 1e6
  }
})
measure(`encodeCar @${LARGE}`, 'MB/s', () => {
  const { roots, blocks } = decodeCar(large().car)
  return () => encodeCar(roots[0], blocks).length / 1e6
})
measure(`verifyRepo @${LARGE}`, 'records/s', () => {
  const { car, didKey } = large()
  const { roots, blocks } = decodeCar(car)
  const store = new MemoryBlockstore()
  for (const { cid, bytes } of blocks) store.put(cid, bytes)
  return () => {
    const items = verifyRepo({ store, head: roots[0], did: DID, didKey })
    let next = items.next()
    while (!next.done) next = items.next()
    return next.value.records
  }
})

if (options.json) console.log(JSON.stringify({ ...describeMachine(), scale: options.factor, results }, null, 2))
else print()

/** `prepare` gives a round, which gives how many of the unit it has done. */
function measure(name, unit, prepare) {
  if (!only(name)) return
  const round = prepare()
  const rates = []
  round()
  for (let i = 0; i < Number(options.rounds); i++) {
    const start = performance.now()
    const done = round()
    rates.push((done * 1000) / (performance.now() - start))
  }
  results.push({ name, unit, best: Math.max(...rates), median: median(rates) })
  process.stderr.write(`${name}\n`)
}

function print() {
  const { node, cpu, cores, load } = describeMachine()
  console.log(
    `\nNode ${node}, ${cores} cores (${cpu}), load ${load}, K-256 on ${engine.K256_BACKEND}, scale ${options.factor}\n`,
  )
  const cells = (row) => [row.name, row.unit, figure(row.best), figure(row.median)]
  console.log(formatTable(['figure', 'unit', 'best', 'median'], results.map(cells), [0, 1]))
}

/** Creates of records that come after all those of any repository here. */
function createWrites(count) {
  return take(posts(2), count).map((post, i) => {
    const bytes = encodeCbor(post)
    return { action: 'create', path: `${POST}/${keys.at(LARGE + i)}`, cid: Cid.ofCbor(bytes), bytes }
  })
}

/** A tree with all its nodes in memory, as that of a repository that is written to. */
function loadTree({ root, nodes }) {
  const tree = Mst.load(nodes, root)
  tree.entries().forEach(() => undefined)
  return tree
}

/** One commit for each of the writes, each on top of the one before. */
function commitAll(tree, key) {
  let head = Cid.ofCbor(writes[0].bytes)
  let since = keys.at(LARGE)
  return writes.map((write, i) => {
    const rev = tidFromMicros(Date.UTC(2026, 0, 1) * 1000 + i, 0)
    const commit = formatCommit({ did: DID, tree, head, since, rev, writes: [write], key })
    ;({ tree, cid: head, rev: since } = commit)
    return commit
  })
}

/** The tree after each of the writes, with its root computed. */
function treesOf(tree, list) {
  return list.map(({ path, cid }) => {
    tree = tree.set(path, cid)
    void tree.root
    return tree
  })
}

function times(rounds, list, fn) {
  for (let i = 0; i < rounds; i++) list.forEach(fn)
  return rounds * list.length
}

function take(iterator, count) {
  return Array.from({ length: count }, () => iterator.next().value)
}

function lazily(make) {
  let made
  return () => (made ??= make())
}
