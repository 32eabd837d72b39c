import { CommandBus } from '@nestjs/cqrs'
import { type Did, TidClock } from '../../../src/repo-engine/index.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import { prepareWrite } from '../../../src/modules/repo/prepare-write.js'
import { WriteRecords } from '../../../src/modules/repo/write-records.js'
import { startTestServer, stopTestServer } from '../../support/server.js'

const collection = 'app.bsky.graph.follow'

describe('records of which there is one a subject', () => {
  it('replace each other also while the one before is still being written', async () => {
    const server = await startTestServer()
    try {
      const alice = await server.signUp('alice')
      const [lexicons, tids, commands] = [
        new Lexicons(),
        new TidClock(Date.now),
        server.app.get(CommandBus, { strict: false }),
      ]
      const follow = (): Promise<unknown> => {
        const record = { subject: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', createdAt: '2026-01-01T00:00:00.000Z' }
        const write = prepareWrite({ action: 'create', collection, record }, undefined, lexicons, () => tids.next())
        return commands.execute(new WriteRecords(alice.assertDid as Did, [write], { replaceLinks: true }))
      }
      // All in one tick: none of them is stored when the next is formatted.
      await Promise.all(Array.from({ length: 8 }, follow))
      const { data } = await alice.com.atproto.repo.listRecords({ repo: alice.assertDid, collection })
      expect(data.records).toHaveLength(1)
    } finally {
      await stopTestServer(server)
    }
  })
})
