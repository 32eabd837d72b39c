/** `skylog peer`: by itself, or by the server that runs on the data directory. */
import { parseByteSize } from '../../src/modules/cli/byte-size.js'
import { Database } from '../../src/modules/database/database.js'
import { PeerStates } from '../../src/modules/replication/peer-states.js'
import { Peers } from '../../src/modules/replication/peers.js'
import { startTestServer, type TestServer } from '../support/server.js'
import { leavePeersAlone } from '../support/unpeered.js'
import { dataDirectory, skylog } from './run-cli.js'

const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const OTHER = 'did:plc:z72i7hdynmk6r22z27h6tvur'
const directory = dataDirectory()
const offline: Record<string, string> = { PDS_DATA_DIRECTORY: directory }
let online: Record<string, string>

const peer = (args: string, env = offline): ReturnType<typeof skylog> => skylog(['peer', ...args.split(' ')], env)
const NO_QUOTAS = { maxAccounts: null, maxBytes: null, maxRate: null }
const PULL = { url: 'https://pds.example', direction: 'pull', repos: 'listed', dids: [DID], relay: false, ...NO_QUOTAS }

describe('without a server', () => {
  it('adds peers, and DIDs to the list of one', async () => {
    const none = await peer('list')
    expect(none).toMatchObject({ code: 1, stdout: '' })
    const added = await peer(`add pds.example --did ${DID} --json`)
    expect(added.code).toBe(0)
    expect(added.json()).toEqual(PULL)
    const more = await peer(`add https://pds.example --did ${OTHER}`)
    expect(more).toMatchObject({ code: 0 })
    expect(more.stdout).toBe('Peer https://pds.example\n  direction     pull\n  repositories  2 DIDs\n')
    const relay = await peer('add relay.example --followed --relay --max-accounts 5 --max-bytes 1.5GB --max-rate 200')
    expect(relay.stdout).toMatch(
      /repositories {2}followed, of a relay\n {2}at most {7}5 accounts, 1\.5 GB, 200 events\/s/,
    )
  })

  it('lists them as they were asked for', async () => {
    const [json, text] = await Promise.all([peer('list --json'), peer('list')])
    expect(json.json()).toEqual([
      { ...PULL, dids: [DID, OTHER] },
      {
        ...{ url: 'https://relay.example', direction: 'pull', repos: 'followed', dids: [], relay: true },
        ...{ maxAccounts: 5, maxBytes: 1_500_000_000, maxRate: 200 },
      },
    ])
    expect(text.stdout).toMatch(/^2 peers .*direction .*repositories .*at most$/m)
    expect(text.stdout).toMatch(/https:\/\/pds\.example +pull +2 DIDs +no limit$/m)
  })

  it('tells how it stands with them, as far as that is stored', async () => {
    const [text, json] = [await peer('status'), await peer('status relay.example --json')]
    expect(text.code).toBe(0)
    expect(text.stdout).toMatch(
      /^https:\/\/pds\.example, pull\n {2}state +no server is running\n {2}position +at the b/,
    )
    expect(json.json()).toMatchObject([{ url: 'https://relay.example', state: null, lag: null, problem: false }])
  })

  it('says why not, in one line', async () => {
    for (const [args, message] of [
      ['add pds.example', 'remove it first'],
      ['remove nowhere.example', 'there is no peer https://nowhere.example'],
      ['status nowhere.example', 'there is no peer https://nowhere.example'],
    ] as const) {
      const { code, stdout, stderr } = await peer(args)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^skylog: [^\n]+\n$/)
      expect(stderr).toContain(message)
    }
  })

  it('removes them', async () => {
    expect((await peer('remove relay.example')).stdout).toBe('Removed the peer https://relay.example to pull\n')
    expect((await peer('list --json')).json()).toHaveLength(1)
  })
})

describe('with a server', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer({}, directory)
    await leavePeersAlone(server)
    online = { ...offline, PDS_PORT: new URL(server.url).port }
  })
  afterAll(() => server.close())

  it('has that one add and remove', async () => {
    let changes = 0
    const peers = server.app.get(Peers, { strict: false })
    peers.subscribe(() => void changes++)
    expect((await peer('add backup.example --push --json', online)).json()).toMatchObject({ direction: 'push' })
    expect((await peer('add backup.example --accept --json', online)).json()).toMatchObject({ direction: 'accept' })
    expect(changes).toBe(2)
    const several = await peer('remove backup.example', online)
    expect(several).toMatchObject({ code: 1, stdout: '' })
    expect(several.stderr).toContain('400: https://backup.example is a peer to push and to accept: say which of these')
    expect((await peer('remove backup.example --accept --json', online)).json()).toMatchObject({ direction: 'accept' })
    expect(await peers.list()).toMatchObject([{ direction: 'pull' }, { direction: 'push' }])
  })

  it('shows what goes on and how far behind it is, with exit code 1 for what is in the way', async () => {
    const database = server.app.get(Database, { strict: false })
    const [peers, states] = [server.app.get(Peers, { strict: false }), server.app.get(PeerStates, { strict: false })]
    const [pull, push] = await peers.list()
    states.set(pull!.id, { connection: 'connected', events: 1200, newest: 1510 })
    states.set(push!.id, { connection: 'connected', newest: 70 })
    await database.write(async (tx) => {
      await peers.move(tx, pull!.id, 1500)
      await peers.move(tx, push!.id, 70)
      await peers.fail(tx, pull!.id, 'it hung up', Date.now() - 2 * 60 * 60 * 1000)
    })
    const fine = await peer('status', online)
    expect(fine.code).toBe(0)
    expect(fine.stdout).toMatch(/state +connected for \d+ s\n {2}events +1,200 since the server started/)
    expect(fine.stdout).toMatch(/position +1500, 10 events behind/)
    expect(fine.stdout).toMatch(/last error +2 h 0 min ago: it hung up/)
    expect(fine.stdout).toMatch(/backup\.example, push\n(.*\n)*? {2}position +70, up to date/)

    await database.write((tx) => peers.fail(tx, pull!.id, 'a forged commit', Date.now()))
    const failed = await peer('status https://pds.example --json', online)
    expect(failed.code).toBe(1)
    expect(failed.json()).toMatchObject([{ lag: 10, problem: true, lastError: 'a forged commit', accounts: 0 }])
    expect(await peer('status backup.example', online)).toMatchObject({ code: 0 })
    states.set(push!.id, { connection: 'waiting' })
    expect((await peer('status backup.example', online)).code).toBe(1)
  })
})

it.each(['', 'MB', '-1', '1e6', '5 XB', '1.MB', 'much', '9999999TB'])('%j is no size', (text) => {
  expect(() => parseByteSize('--max-bytes', text)).toThrow('--max-bytes: not a size')
})

it.each([
  ['0', 0],
  ['1234', 1234],
  ['10B', 10],
  ['500MB', 500_000_000],
  ['1.5 gb', 1_500_000_000],
  ['2KiB', 2048],
  ['3TiB', 3 * 1024 ** 4],
])('%s are %d bytes', (text, size) => {
  expect(parseByteSize('--max-bytes', text)).toBe(size)
})
