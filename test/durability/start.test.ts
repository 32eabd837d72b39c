/** Starting: on broken own state not at all, and loudly; beside another server not at all, and harmlessly. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { buildServer, ChildServer, scratchDirectory } from '../support/crash.js'
import { startTestServer } from '../support/server.js'
import { ask, NOTE, signIn, signUp } from './load.js'

let directory: string

beforeEach(() => (directory = scratchDirectory()))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const write = async (url: string, name: string, rkey: string): Promise<unknown> => {
  const { did, accessJwt } = await signIn(url, name)
  const body = { repo: did, collection: NOTE, rkey, record: { $type: NOTE, text: rkey } }
  return ask(url, 'com.atproto.repo.createRecord', body, accessJwt)
}

describe('I8 broken own state stops the server, loudly', () => {
  const file = (): string => join(directory, 'skylog.sqlite')
  const tamper = (sql: string): void => {
    const driver = new Sqlite(file())
    driver.exec(sql)
    driver.close()
  }
  const restarted = async (): Promise<unknown> => {
    const server = await startTestServer({}, directory)
    await server.close()
    return server
  }

  beforeEach(async () => {
    const server = await startTestServer({}, directory)
    await signUp(server.url, 'alice')
    for (let i = 0; i < 3; i++) await write(server.url, 'alice', `k${i}`)
    await server.close()
  })

  it('but sound state does not', async () => {
    await expect(restarted()).resolves.toBeDefined()
  })

  it.each([
    ['a head that is not the last event’s', "UPDATE repo SET head = X'01711220' || zeroblob(32)"],
    ['events of a repository that is not there', 'DELETE FROM repo'],
    ['a log that has lost its end', 'DELETE FROM commit_log WHERE seq = (SELECT max(seq) FROM commit_log)'],
  ])('%s', async (_, sql) => {
    tamper(sql)
    await expect(restarted()).rejects.toThrow(/the head of did:plc:\w+ is not the commit of its last event \d+/)
  })

  it('a file that is not a database', async () => {
    writeFileSync(file(), 'this is not a database, and it is long enough to be looked at\n'.repeat(100))
    await expect(restarted()).rejects.toThrow(/not a database/)
  })

  it('a mark that is damaged', async () => {
    writeFileSync(join(directory, 'seq.floor'), 'damaged')
    await expect(restarted()).rejects.toThrow(/seq\.floor is damaged/)
  })
})

it('two that start at once on an empty directory: one serves, and the keys it sealed can be opened by the next', async () => {
  const build = await buildServer()
  for (let round = 0; round < 2; round++) {
    const both = await Promise.allSettled([1, 2].map(() => ChildServer.start(build.main, directory)))
    const served = both.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(served).toHaveLength(1)
    await signUp(served[0]!.url, 'alice')
    await write(served[0]!.url, 'alice', 'before')
    await served[0]!.kill()
    const next = await ChildServer.start(build.main, directory)
    await write(next.url, 'alice', 'after')
    await next.kill()
    rmSync(directory, { recursive: true })
  }
  build.remove()
})
