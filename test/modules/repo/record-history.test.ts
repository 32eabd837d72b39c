/** What a record has been, as the log tells it, against what was seen on the way. */
import { Database } from '../../../src/modules/database/database.js'
import { recordHistory } from '../../../src/modules/repo/record-history.js'
import { Cid, type Did } from '../../../src/repo-engine/index.js'
import { RandomHistory } from '../../projections/random-history.js'
import { startTestServer, stopTestServer } from '../../support/server.js'

it.each([1, 2, 3, 4, 5])('every record was at every moment what its history says: seed %i', async (seed) => {
  const server = await startTestServer()
  try {
    const { read } = server.app.get(Database, { strict: false })
    // Given a history, and what stood after each of its steps
    const history = await RandomHistory.begin(server, seed)
    const looks: { seq: number; did: Did; records: Map<string, string> }[] = []
    const paths = new Map<Did, Set<string>>()
    for (let step = 0; step < 80; step++) {
      await history.step()
      await history.erasing
      const { seq } = (await read.get<{ seq: number }>('SELECT max(seq) AS seq FROM commit_log'))!
      for (const did of history.dids) {
        const rows = await read.all<{ path: string; cid: Buffer }>(
          "SELECT path, cid FROM record WHERE tree = (SELECT tree FROM repo WHERE did = ?) AND path NOT LIKE '%filler%'",
          did,
        )
        looks.push({ seq, did, records: new Map(rows.map(({ path, cid }) => [path, Cid.fromBytes(cid).toString()])) })
        const met = paths.get(did) ?? new Set()
        paths.set(did, met)
        for (const { path } of rows) met.add(path)
      }
    }
    let versionsSeen = 0
    for (const did of history.dids) {
      // What was before an account was deleted, and came back, is nobody's to know.
      const { first } = (await read.get<{ first: number }>(
        'SELECT min(seq) AS first FROM commit_log WHERE did = ?',
        did,
      ))!
      for (const path of paths.get(did) ?? []) {
        // When one of its records is asked for
        const { versions, total, before } = await recordHistory(read, did, path, 1_000)
        versionsSeen += total
        // Then the version of each moment is what stood then
        for (const look of looks.filter((look) => look.did === did && look.seq >= first)) {
          const then = versions.find(({ seq }) => seq <= look.seq)?.cid?.toString()
          expect([path, look.seq, then]).toEqual([path, look.seq, look.records.get(path)])
        }
        expect([total, before]).toEqual([versions.length, null])
        versions.forEach(({ action, cid, bytes }, i) => {
          const earlier = versions[i + 1]?.cid ?? null
          expect(action).toBe(cid === null ? 'delete' : earlier ? 'update' : 'create')
          expect(cid?.toString()).not.toBe(earlier?.toString())
          if (bytes) expect(Cid.ofCbor(bytes).toString()).toBe(cid!.toString())
        })
        // and the newest of them are the newest of all
        const some = await recordHistory(read, did, path, 1)
        expect([some.versions.map(({ seq }) => seq), some.total]).toEqual([
          versions.slice(0, 1).map(({ seq }) => seq),
          total,
        ])
        expect(some.before?.seq).toBe(versions[1]?.seq)
      }
    }
    expect(versionsSeen).toBeGreaterThan(50)
  } finally {
    await stopTestServer(server)
  }
})
