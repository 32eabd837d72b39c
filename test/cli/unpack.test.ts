/** `skylog unpack` and `skylog pack`, as a person would. */
import { verifyRepoCar } from '@atproto/repo'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cid, SigningKey } from '../../src/repo-engine/index.js'
import { signUp, upload, withImage } from '../modules/blob/hosted.js'
import { png } from '../modules/blob/other-pds.js'
import { TestServer } from '../support/account-app.js'
import { dataDirectory, greenground, skylog, vectors } from './run-cli.js'
import { sampleRepo, writeCar } from './sample-repo.js'

const data = dataDirectory()
const file = (name: string): string => join(data, name)
const env = { PDS_DATA_DIRECTORY: file('none') }
const POST = 'app.bsky.feed.post'

describe('of a CAR file', () => {
  it('is there and back the same bytes', async () => {
    const unpacked = await skylog(['unpack', greenground, file('green')], env)
    expect(unpacked).toMatchObject({ code: 0, stderr: '' })
    expect(unpacked.stdout).toMatch(
      /^Unpacked did:plc:kzcqyc3unb33eh5sxzsfs25z into .*\n(.*\n)* +records +2\n +files +4 written, 0 deleted/,
    )
    expect(readdirSync(file('green')).sort()).toEqual([
      'app.bsky.graph.follow',
      'blocks.txt',
      'commit.json',
      'index.txt',
    ])
    expect(JSON.parse(readFileSync(file('green/commit.json'), 'utf8'))).toMatchObject({
      did: 'did:plc:kzcqyc3unb33eh5sxzsfs25z',
      rev: '3k67up3j7hf2x',
      version: 3,
    })
    const [again, packed] = await Promise.all([
      skylog(['unpack', greenground, file('green'), '--json'], env),
      skylog(['pack', file('green'), file('green.car')], env),
    ])
    expect(again.json()).toMatchObject({ records: 2, written: 0, removed: 0, blobs: null, rev: '3k67up3j7hf2x' })
    expect(packed).toMatchObject({ code: 0, stderr: '' })
    expect(packed.stdout).toContain('none: it is the CAR that was unpacked')
    expect(readFileSync(file('green.car')).equals(readFileSync(greenground))).toBe(true)
    // Nothing of a data directory is needed, or made.
    expect(existsSync(env.PDS_DATA_DIRECTORY)).toBe(false)
  })

  const withVectors = existsSync(vectors) ? it : it.skip

  withVectors('so is one of thousands of records, and one with its history from 2023', async () => {
    for (const name of ['bsky-app-2025-08', '2023-v2-full-history']) {
      const car = join(vectors, `${name}.car`)
      expect(await skylog(['unpack', car, file(name)], env)).toMatchObject({ code: 0 })
      expect(await skylog(['pack', file(name), file(`${name}.car`)], env)).toMatchObject({ code: 0 })
      expect(readFileSync(file(`${name}.car`)).equals(readFileSync(car))).toBe(true)
    }
  })

  it('records that were edited, added and deleted are told, and signed anew by a key in a file or a variable', async () => {
    const repo = sampleRepo()
    const secret = repo.key.exportPrivate().toString('hex')
    writeCar(file('carla.car'), repo)
    writeFileSync(file('carla.key'), `${secret}\n`)
    await skylog(['unpack', file('carla.car'), file('carla')], env)
    const paths = repo.paths.filter((path) => path.startsWith(POST))
    writeFileSync(file(`carla/${paths[0]!}.json`), JSON.stringify({ $type: POST, text: 'edited' }))
    writeFileSync(file(`carla/${POST}/added.json`), JSON.stringify({ $type: POST, text: 'added' }))
    rmSync(file(`carla/${paths[1]!}.json`))

    const refused = await skylog(['pack', file('carla'), file('new.car')], env)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^skylog: [^\n]+\n$/)
    for (const told of [`edited ${paths[0]!}`, `added ${POST}/added`, `deleted ${paths[1]!}`, '--key-file'])
      expect(refused.stderr).toContain(told)
    expect(readdirSync(data).filter((name) => name.startsWith('new'))).toEqual([])

    const [byFile, byVariable] = await Promise.all([
      skylog(['pack', file('carla'), file('new.car'), '--key-file', file('carla.key'), '--json'], env),
      skylog(['pack', file('carla'), file('new-2.car')], { ...env, SKYLOG_SIGNING_KEY_HEX: secret }),
    ])
    expect(byFile.json()).toMatchObject({
      did: repo.did,
      records: 41,
      signedBy: repo.key.didKey,
      sameKey: true,
      changes: { edited: [paths[0]], added: [`${POST}/added`], removed: [paths[1]] },
    })
    expect(byVariable).toMatchObject({ code: 0 })
    expect(byVariable.stdout).toMatch(/changes +1 added, 1 edited, 1 deleted\n +signed anew +did:key:/)
    const { creates, commit } = await verifyRepoCar(readFileSync(file('new.car')), repo.did, repo.key.didKey)
    expect(creates).toHaveLength(41)
    expect(commit.rev > repo.commit.rev).toBe(true)
    expect(await skylog(['verify', file('new.car'), '--key', repo.key.didKey], env)).toMatchObject({ code: 0 })
  })

  it('a key of the other curve is known by what it has signed, and another key is told', async () => {
    const other = SigningKey.generate('p256')
    const secret = other.exportPrivate().toString('hex')
    await skylog(['unpack', greenground, file('other')], env)
    rmSync(file('other/app.bsky.graph.follow'), { recursive: true })
    const { code, stdout } = await skylog(['pack', file('other'), file('other.car')], {
      ...env,
      SKYLOG_SIGNING_KEY_HEX: secret,
    })
    expect(code).toBe(0)
    expect(stdout).toContain('which did not sign the commit before')
    const bad = await skylog(['pack', file('other'), file('bad.car')], { ...env, SKYLOG_SIGNING_KEY_HEX: 'secret' })
    expect(bad).toMatchObject({ code: 1 })
    expect(bad.stderr).toContain('SKYLOG_SIGNING_KEY_HEX does not hold 64 hexadecimal digits')
    expect(bad.stderr).not.toContain(' secret')
  })
})

describe('of a repository that is kept here', () => {
  const here = { PDS_DATA_DIRECTORY: file('data') }
  const [sound, lost] = [png(1000), png(1001)].map((bytes) => ({ bytes, cid: Cid.ofRaw(bytes).toString() })) as [
    { bytes: Buffer; cid: string },
    { bytes: Buffer; cid: string },
  ]
  let did: string
  let exported: Uint8Array

  beforeAll(async () => {
    mkdirSync(here.PDS_DATA_DIRECTORY)
    const server = await TestServer.start({}, here.PDS_DATA_DIRECTORY)
    const alice = await signUp(server, 'alice')
    did = alice.assertDid
    for (let i = 0; i < 80; i++) await alice.post({ text: `post ${i}` })
    await alice.post(withImage(await upload(alice, sound.bytes)))
    await alice.post(withImage(await upload(alice, lost.bytes)))
    exported = (await alice.com.atproto.sync.getRepo({ did })).data
    await server.stop()
    const digest = Buffer.from(Cid.parse(lost.cid).multihash.digest).toString('hex')
    rmSync(join(here.PDS_DATA_DIRECTORY, 'blobs', digest.slice(0, 2), digest))
  })

  it('goes by its DID or handle, and is packed as it is exported', async () => {
    expect(await skylog(['unpack', did, file('alice')], here)).toMatchObject({ code: 0, stderr: '' })
    const again = await skylog(['unpack', 'alice.test', file('alice'), '--json', '--data', here.PDS_DATA_DIRECTORY])
    expect(again.json()).toMatchObject({ did, records: 82, written: 0, removed: 0 })
    expect(readdirSync(file('alice')).sort()).toEqual([POST, 'commit.json', 'index.txt'])
    expect(await skylog(['pack', file('alice'), file('alice.car')], here)).toMatchObject({ code: 0 })
    expect(readFileSync(file('alice.car')).equals(exported)).toBe(true)
  })

  it('brings its blobs, and says which are missing', async () => {
    const run = () => skylog(['unpack', did, file('alice'), '--blobs', '--json'], here)
    const first = await run()
    expect(first).toMatchObject({ code: 1, stderr: '' })
    expect(first.json()).toMatchObject({ written: 0, blobs: { written: 1, unchanged: 0, missing: [lost.cid] } })
    expect(readFileSync(file(`alice/blobs/${sound.cid}`)).equals(sound.bytes)).toBe(true)
    expect((await run()).json()).toMatchObject({ blobs: { written: 0, unchanged: 1, missing: [lost.cid] } })
    expect((await skylog(['unpack', did, file('alice'), '--blobs'], here)).stdout).toContain(lost.cid)
    // Blobs are in no CAR.
    expect(await skylog(['pack', file('alice'), file('alice-2.car')], here)).toMatchObject({ code: 0 })

    writeFileSync(file(`alice/blobs/${sound.cid}`), 'spoilt')
    symlinkSync('/etc/hostname', file(`alice/blobs/${lost.cid}`))
    const refused = await run()
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain(`blobs/${sound.cid}: not the blob of that name`)
    expect(refused.stderr).toContain(`blobs/${lost.cid}: ELOOP`)
  })
})

it('what is not there is a failure, and what makes no sense is wrong usage', async () => {
  const cases: [string[], number, string][] = [
    [['unpack', 'nowhere.car', file('x')], 1, 'there is no file nowhere.car'],
    [['inspect', file('.')], 1, 'is not a file'],
    [['import', file('.')], 1, 'is not a file'],
    [['unpack', 'did:nonsense', file('x')], 2, 'not a DID'],
    [['unpack', 'did:web:alice.example', file('x')], 1, 'skylog: '],
    [['unpack', greenground, file('x'), '--blobs'], 2, '--blobs'],
    [['pack', file('nowhere'), file('x.car')], 1, 'there is no directory'],
    [['pack', data, file('x.car')], 1, 'cannot be used as it is'],
  ]
  for (const [args, code, why] of cases) {
    const ran = await skylog(args, env)
    expect(ran).toMatchObject({ code, stdout: '' })
    expect(ran.stderr).toMatch(/^skylog: [^\n]+\n$/)
    expect(ran.stderr).toContain(why)
  }
})
