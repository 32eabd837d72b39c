/** The package as it would be published: what is in it, and that it works where it is installed. */
import { fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../cli/run-cli.js'
import { exampleIn, installPacked, type Packed, putInto, runIn } from './packed.js'

// Whole programs are run here, which share the machine with other tests.
let packed: Packed
beforeAll(async () => {
  packed = await installPacked()
})
afterAll(() => packed?.remove())

const bin = (): string => join(packed.directory, 'node_modules/skylog/bin/skylog.mjs')

describe('what is in it', () => {
  it('has everything that it needs, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path)
    const known =
      /^(bin\/skylog\.mjs|(dist\/(src|migrations)\/.+\.js(on)?)|dist\/testing\/[\w.-]+\.(c?js|json|d\.c?ts)|console\/dist\/.+|docs\/(console\/)?[\w.-]+|[A-Z]+(\.md)?|package\.json)$/
    expect(paths.filter((path) => !known.test(path))).toEqual([])
    expect(paths).toEqual(
      expect.arrayContaining([
        ...['bin/skylog.mjs', 'LICENSE', 'dist/src/main.js', 'dist/src/cli.js', 'dist/migrations/index.js'],
        ...['dist/src/modules/lexicon/documents.json', 'dist/src/modules/identity/reserved-names.json'],
        ...['dist/testing/index.js', 'dist/testing/index.cjs', 'dist/testing/index.d.ts', 'dist/testing/index.d.cts'],
        ...['dist/testing/lexicons.d.ts', 'dist/testing/lexicons.d.cts'],
        ...['dist/testing/network-process.js', 'console/dist/index.html', 'docs/testing.md'],
      ]),
    )
    const migrations = readdirSync(join(project, 'migrations')).filter((name) => /^\d{4}-/.test(name))
    for (const name of migrations) expect(paths).toContain(`dist/migrations/${name.replace('.ts', '.js')}`)
  })

  it('is of a reasonable size', () => {
    expect(packed.size).toBeLessThan(4_000_000)
    expect(packed.files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(20_000_000)
  })
})

describe('its command line', () => {
  it('runs', async () => {
    expect(await runIn(packed, [bin(), '--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n', stderr: '' })
  })

  it('keeps what is compiled in its own folder, or elsewhere where that cannot be', async () => {
    const own = join(packed.directory, 'node_modules/skylog/.compiled')
    expect(await runIn(packed, [bin(), '--version'], '', '')).toMatchObject({ code: 0 })
    expect(readdirSync(own)).toHaveLength(1)
    rmSync(own, { recursive: true })
    writeFileSync(own, '')
    expect(await runIn(packed, [bin(), '--version'], '', '')).toMatchObject({ code: 0, stderr: '' })
    expect(readdirSync(packed.temporary)).toContain('node-compile-cache')
    rmSync(own)
  })

  it('runs a network until it is told to stop, and leaves nothing behind', async () => {
    const env = { ...process.env, TMPDIR: packed.temporary }
    const child = spawn(process.execPath, [bin(), 'dev', '--json', '--port', '0', '--pds', '2'], { env })
    const ended = new Promise<number | null>((done) => child.on('close', done))
    let text = ''
    const told = await new Promise<any>((found) =>
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.endsWith('}\n')) found(JSON.parse(text))
      }),
    )
    expect(told.pds).toMatchObject([{ handleDomain: '.test' }, { handleDomain: '.pds2.test' }])
    const [alice] = told.accounts
    expect(alice).toMatchObject({ handle: 'alice.test', service: told.plcUrl })
    const session = await fetch(`${alice.service}/xrpc/com.atproto.server.createSession`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ identifier: alice.handle, password: alice.password }),
    })
    expect(await session.json()).toMatchObject({ did: alice.did })
    child.kill('SIGINT')
    expect(await ended).toBe(0)
    expect(readdirSync(packed.temporary).filter((name) => name.startsWith('skylog-'))).toEqual([])
  })
})

describe('skylog/testing', () => {
  it('works in node:test', async () => {
    putInto(packed, 'timeline.test.ts', exampleIn('testing.md', 'node'))
    const { code, stdout } = await runIn(packed, ['--test', '--test-reporter=tap', 'timeline.test.ts'])
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('# pass 1') })
  })

  it('works in Jest, which requires it', async () => {
    putInto(packed, 'handle.test.cjs', exampleIn('testing.md', 'jest'))
    const settings = JSON.stringify({ testMatch: ['**/*.test.cjs'], cacheDirectory: join(packed.directory, 'jest') })
    // --detectOpenHandles makes it wait for what does not end.
    const args = ['node_modules/jest/bin/jest.js', '--config', settings, '--runInBand', '--detectOpenHandles']
    const { code, stderr } = await runIn(packed, args)
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('1 passed') })
    expect(stderr).not.toMatch(/open handle|did not exit/)
  })

  it('is started, told and ended in another process as in this one', async () => {
    const script = `
      import { startTestNetwork } from 'skylog/testing'
      const network = await startTestNetwork({ isolated: true, pds: 2, time: '2030-01-01T00:00:00Z' })
      const [alice, bob] = await network.seed(2)
      await network.clock.freeze()
      await network.clock.set('2030-02-01T00:00:00Z')
      const again = await network.signIn(bob)
      const { uri } = await again.create({ $type: 'app.bsky.feed.post', text: 'Late', createdAt: '2030-02-01T00:00:00Z' })
      await network.settled()
      const { posts } = await (await network.signIn(alice)).query('app.bsky.feed.getPosts', { uris: [uri] })
      await (await network.signIn(alice)).procedure('com.atproto.server.requestPasswordReset', { email: alice.email })
      const mails = await network.mails()
      const refused = await network.seed(2).catch(({ error }) => error)
      await network.close()
      const closed = await network.settled().catch(({ message }) => message)
      console.log(JSON.stringify({ handle: bob.handle, at: posts[0].indexedAt, mails: mails.length, refused, closed }))`
    const { stdout, stderr } = await runIn(packed, ['--input-type=module', '-'], script)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({
      handle: 'bob.pds2.test',
      at: expect.stringMatching(/^2030-02-01T00:00:00/),
      mails: 1,
      refused: 'HandleNotAvailable',
      closed: expect.stringContaining('the network has ended'),
    })
  })

  it('has one time in another process, whatever the test makes of its own', async () => {
    const script = `
      import { mock } from 'node:test'
      import { startTestNetwork } from 'skylog/testing'
      const bad = await startTestNetwork({ isolated: true, time: NaN }).catch(({ message }) => message)
      const network = await startTestNetwork({ isolated: true, time: '2030-01-01T00:00:00Z' })
      mock.timers.enable({ apis: ['Date'], now: 0 })
      await network.clock.advance(60 * 60 * 1000)
      const here = network.clock.now()
      await network.createAccount()
      await network.clock.freeze()
      const frozen = network.clock.now()
      const refused = await network.clock.advance(NaN).catch(({ name }) => name)
      mock.timers.reset()
      await network.close()
      console.log(JSON.stringify({ bad, here, frozen, refused }))`
    const { stdout, stderr } = await runIn(packed, ['--input-type=module', '-'], script)
    expect(stderr).toBe('')
    const { bad, here, frozen, refused } = JSON.parse(stdout)
    expect({ bad, refused }).toEqual({ bad: 'not a moment: NaN', refused: 'RangeError' })
    expect(new Date(here).toISOString()).toMatch(/^2030-01-01T01:/)
    expect(frozen).toBeGreaterThanOrEqual(here)
  })

  it('says why a network in another process does not start', async () => {
    const script = `require('skylog/testing').startTestNetwork({ settings: { PDS_INVITE_REQUIRED: 'perhaps' } })
      .catch(({ message }) => console.log(message))`
    const { stdout } = await runIn(packed, ['--input-type=commonjs', '-'], script)
    expect(stdout).toContain('PDS_INVITE_REQUIRED')
  })

  it('ends with whoever has started it', async () => {
    const script = `require('skylog/testing').startTestNetwork().then(({ url }) => { console.log(url); process.exit() })`
    const { stdout } = await runIn(packed, ['--input-type=commonjs', '-'], script)
    for (let open = true; open;)
      open = await fetch(stdout.trim()).then(
        () => true,
        () => false,
      )
    for (let left = 1; left > 0;)
      left = readdirSync(packed.temporary).filter((name) => name.startsWith('skylog-')).length
  })

  it('leaves nothing behind where its process is told to end', async () => {
    const entry = join(packed.directory, 'node_modules/skylog/dist/testing/network-process.js')
    const child = fork(entry, [], { execArgv: [], env: { ...process.env, TMPDIR: packed.temporary } })
    const left = (): string[] => readdirSync(packed.temporary).filter((name) => name.startsWith('skylog-'))
    child.send({ id: 1, what: 'start', value: {} })
    const [told] = await once(child, 'message')
    expect(told).toMatchObject({ id: 1, value: { pds: [{ handleDomain: '.test' }] } })
    expect(left()).toHaveLength(1)
    child.kill('SIGTERM')
    await once(child, 'exit')
    expect(left()).toEqual([])
  })

  it('leaves nothing behind, fifty times', async () => {
    putInto(packed, 'fifty.mjs', readFileSync(join(import.meta.dirname, 'fifty-networks.mjs'), 'utf8'))
    const { stdout, stderr } = await runIn(packed, ['--expose-gc', 'fifty.mjs'])
    expect(stderr).toBe('')
    const { before, after, warnings } = JSON.parse(stdout)
    expect(warnings).toEqual([])
    expect(after.directories).toEqual([])
    expect({ ...after, heapMB: 0 }).toEqual({ ...before, heapMB: 0 })
    // One that stays is 2 MB at least.
    expect(after.heapMB - before.heapMB).toBeLessThan(8)
  })
})

describe('the quick starts', () => {
  it('TypeScript: what stands there compiles, and passes', async () => {
    const files = ['greeter.ts', 'greeter.test.ts']
    for (const name of files) putInto(packed, name, exampleIn('quickstart-typescript.md', `file ${name}`))
    putInto(
      packed,
      'required.cts',
      `import { startTestNetwork } from 'skylog/testing'\nvoid startTestNetwork({ pds: 2 })`,
    )
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'esnext']
    const checked = await runIn(packed, [
      ...['node_modules/ts7/bin/tsc', ...flags, '--allowImportingTsExtensions', '--types', 'node', ...files],
      ...['timeline.test.ts', 'required.cts'],
    ])
    expect(checked).toMatchObject({ code: 0, stdout: '' })
    const { code, stdout } = await runIn(packed, ['--test', '--test-reporter=tap', 'greeter.test.ts'])
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('# pass 1') })
  })

  const python = spawnSync('python3', ['--version']).status === 0
  const whatPython = python ? 'Python' : 'Python (left out: there is no python3 here)'
  ;(python ? it : it.skip)(`${whatPython}: what stands there runs`, async () => {
    putInto(packed, 'quickstart.py', exampleIn('quickstart-python.md', 'python'))
    const script = `
      import { spawn } from 'node:child_process'
      import { startTestNetwork } from 'skylog/testing'
      await using network = await startTestNetwork()
      const python = spawn('python3', ['quickstart.py', network.url], { stdio: 'inherit' })
      process.exitCode = await new Promise((done) => python.on('close', done))`
    const { code, stdout, stderr } = await runIn(packed, ['--input-type=module', '-'], script)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /signed in as .*\ntimeline: Hello from Python\nexported \d+ bytes.*\nthe firehose has it too/,
    )
  })
})
