import { type Did, SigningKey, TidClock } from '../../../src/repo-engine/index.js'
import { RepoGenesis } from '../../../src/modules/repo/repo-genesis.js'
import { readRepo } from '../../../src/modules/repo/repo-row.js'
import { scratchDatabase } from '../../support/crash.js'

const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' as Did

describe('the beginning of a repository', () => {
  it('is refused where the DID has one already, and leaves that one alone', async () => {
    const { database, remove } = await scratchDatabase()
    try {
      const genesis = new RepoGenesis(new TidClock(Date.now))
      const [first] = await database.write((tx) => genesis.create(tx, did, SigningKey.generate()))
      const again = database.write((tx) => genesis.create(tx, did, SigningKey.generate()))
      await expect(again).rejects.toMatchObject({ status: 400, error: 'AlreadyExists' })
      expect((await readRepo(database.read, did))?.head.equals(first!.cid)).toBe(true)
    } finally {
      await remove()
    }
  })
})
