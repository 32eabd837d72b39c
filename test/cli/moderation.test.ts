/** `skylog label`, `report`, `action`: by themselves, or by the server that runs on the data directory. */
import { CommandBus } from '@nestjs/cqrs'
import { CreateReport } from '../../src/modules/moderation/create-report.js'
import type { Did } from '../../src/repo-engine/index.js'
import { startTestServer, type TestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'

const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const SPAM = 'com.atproto.moderation.defs#reasonSpam'
const directory = dataDirectory()
const offline: Record<string, string> = { PDS_DATA_DIRECTORY: directory }
const run = (args: string, env = offline): ReturnType<typeof skylog> => skylog(args.split(' '), env)

let server: TestServer
let alice: string
const report = (reason: string) =>
  server.app
    .get(CommandBus, { strict: false })
    .execute(new CreateReport(alice as Did, { reasonType: SPAM, reason, subject: account }, null))
const account = { $type: 'com.atproto.admin.defs#repoRef' as const, did: DID }

describe('without a server', () => {
  it('labels, tells what is so already, and takes back', async () => {
    expect(await run(`label add ${DID} spam --reason ads --json`)).toMatchObject({ code: 0 })
    expect((await run(`label add ${DID} spam`)).stdout).toBe(`${DID} has that label already\n`)
    expect((await run(`label remove ${DID} spam`)).stdout).toBe(`Took spam back from ${DID}\n`)
    expect((await run(`label remove ${DID} spam`)).stdout).toBe(`${DID} has no such label of this server\n`)
    const { stdout, json } = await run('action list --json')
    expect(stdout).not.toBe('')
    expect(json()).toMatchObject([
      { actor: 'cli', action: 'remove-label', subject: DID, reason: 'spam' },
      { actor: 'cli', action: 'add-label', reason: 'spam: ads' },
    ])
    expect((await run(`action list --subject ${DID} --limit 1`)).stdout).toMatch(
      new RegExp(`^1 action\n\\S+  cli  remove-label  ${DID}  \\(spam\\)\n$`),
    )
  })

  it('says why not, in one line', async () => {
    for (const [args, code, message] of [
      ['label add nobody.test spam', 1, 'nobody.test'],
      [`label add ${DID} Spam`, 1, 'Not the value of a label'],
      [`label add ${DID}`, 2, "missing required argument 'value'"],
      ['report resolve one', 2, 'numbers of reports'],
      ['report list --limit 0', 2, '--limit takes'],
    ] as const) {
      const { code: is, stderr } = await run(args)
      expect({ args, is }).toEqual({ args, is: code })
      expect(stderr).toContain(message)
    }
  })
})

describe('beside a server', () => {
  let online: Record<string, string>
  beforeAll(async () => {
    server = await startTestServer({}, directory)
    online = { ...offline, PDS_PORT: new URL(server.url).port }
    alice = (await server.signUp('alice')).assertDid
    await report('first')
    await report('second,\n\u001b[31mred')
  })
  afterAll(() => server.close())

  it('labels an account by its handle, at once', async () => {
    expect((await run('label add alice.test !warn', online)).stdout).toBe(`Labelled ${alice}: !warn\n`)
    const { labels } = (await server.agent().getProfile({ actor: alice })).data
    expect(labels).toMatchObject([{ src: 'did:web:localhost', val: '!warn' }])
  })

  it('lists and resolves reports', async () => {
    const text = (await run('report list', online)).stdout
    expect(text).toMatch(/^2 reports\n#2 {2}\S+ {2}Spam {2}did:plc:ewvi/)
    expect(text).toContain(`by ${alice}: second, [31mred\n`)
    const resolved = await run('report resolve 1 7 --note done', online)
    expect(resolved).toMatchObject({ code: 0, stdout: 'Resolved #1\nNot open: #7\n' })
    expect((await run('report list --json', online)).json()).toMatchObject([{ id: 2, resolvedAt: null }])
    expect((await run('report list --closed --json', online)).json()).toMatchObject([{ id: 1, note: 'done' }])
    expect((await run('report list --all', online)).stdout).toMatch(/^2 reports\n/)
  })
})
