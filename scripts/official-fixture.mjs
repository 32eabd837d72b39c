/**
 * Makes test/fixtures/official-pds: the data directory of a real official PDS on which four people have lived for a
 * moment, made small, and `facts.json` with what they know of themselves. To be run again when its layout changes.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AtpAgent } from '@atproto/api'
import Sqlite from 'better-sqlite3'
import sharp from 'sharp'

const SCRIPTS = dirname(fileURLToPath(import.meta.url))
const TARGET = join(SCRIPTS, '..', 'test', 'fixtures', 'official-pds')
const work = mkdtempSync(join(tmpdir(), 'official-fixture-'))
const data = join(work, 'pds')
const envFile = join(work, 'pds.env')

/** A PLC directory that believes everything: nobody but this script talks to it. */
async function startPlc() {
  const logs = new Map()
  const server = createServer(async (request, response) => {
    const [did, ...path] = decodeURIComponent(request.url).slice(1).split('/')
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    if (request.method === 'POST') logs.set(did, [...(logs.get(did) ?? []), JSON.parse(Buffer.concat(chunks))])
    const last = logs.get(did)?.at(-1)
    const answer = !last ? { message: 'not registered' } : path.join('/') === 'log/last' ? last : documentOf(did, last)
    response.writeHead(last ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(path[0] === 'data' ? { did, ...last } : answer))
  })
  await new Promise((ready) => server.listen(0, ready))
  return { url: `http://localhost:${server.address().port}`, logs, close: () => server.close() }
}

function documentOf(did, { alsoKnownAs, verificationMethods, services }) {
  const key = verificationMethods.atproto.slice('did:key:'.length)
  const verificationMethod = [{ id: `${did}#atproto`, type: 'Multikey', controller: did, publicKeyMultibase: key }]
  const { endpoint } = services.atproto_pds
  const service = [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: endpoint }]
  return { '@context': ['https://www.w3.org/ns/did/v1'], id: did, alsoKnownAs, verificationMethod, service }
}

async function startPds(plc) {
  const args = ['start', '--data', data, '--plc', plc, '--env', envFile, '--hostname', 'official.test']
  const child = spawn(process.execPath, [join(SCRIPTS, 'official-pds.mjs'), ...args], { stdio: ['ignore', 'pipe', 2] })
  const [line] = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the official PDS did not start'))),
  ])
  const stop = async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return { ...JSON.parse(line), stop }
}

const plc = await startPlc()
const pds = await startPds(plc.url)
/** Clients follow the DID documents, and these name a host that is none. */
const agentOf = () =>
  new AtpAgent({
    service: pds.url,
    fetch: (request, init) => {
      const { pathname, search } = new URL(request.url ?? request)
      return fetch(`${pds.url}${pathname}${search}`, init ?? request)
    },
  })
const facts = { service: pds.did, people: {} }

async function signUp(name) {
  const agent = agentOf()
  const password = `${name}-password`
  await agent.createAccount({ handle: `${name}.test`, email: `${name}@example.com`, password })
  facts.people[name] = { did: agent.assertDid, handle: `${name}.test`, email: `${name}@example.com`, password }
  return agent
}

const admin = (nsid, body) =>
  fetch(`${pds.url}/xrpc/${nsid}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`admin:${pds.adminPassword}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  }).then(async (response) => {
    if (!response.ok) throw new Error(`${nsid}: ${await response.text()}`)
    return response.json().catch(() => undefined)
  })

const picture = (background, width = 48, height = 32) =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer()
const upload = async (agent, bytes, encoding = 'image/png') => (await agent.uploadBlob(bytes, { encoding })).data.blob
const post = (agent, text, more = {}) => agent.post({ text, createdAt: new Date().toISOString(), ...more })
const ref = ({ uri, cid }) => ({ uri, cid })

try {
  const alice = await signUp('alice')
  const bob = await signUp('bob')
  const carla = await signUp('carla')
  const dan = await signUp('dan')

  // alice has everything: a profile, pictures, app passwords, preferences, sessions, a confirmed address.
  const avatar = await upload(alice, await picture('#336699', 64, 64))
  await alice.upsertProfile(() => ({ displayName: 'Alice', description: 'likes boats', avatar }))
  const images = []
  for (const [alt, colour] of [
    ['a boat', '#884422'],
    ['the sea', '#2244aa'],
  ])
    images.push({ alt, image: await upload(alice, await picture(colour)) })
  const boats = await post(alice, 'two pictures of boats', { embed: { $type: 'app.bsky.embed.images', images } })
  const mistake = await post(alice, 'this one was a mistake')
  await alice.deletePost(mistake.uri)
  // Its picture goes with the post.
  const gone = await post(alice, 'and this one', {
    embed: {
      $type: 'app.bsky.embed.images',
      images: [{ alt: 'gone', image: await upload(alice, await picture('#ffffff')) }],
    },
  })
  await alice.deletePost(gone.uri)
  for (let i = 1; i <= 40; i++) await post(alice, `post number ${i}`)
  await alice.follow(dan.assertDid)
  await alice.like(boats.uri, boats.cid)

  await post(bob, 'hello from bob', { reply: { root: ref(boats), parent: ref(boats) } })
  await bob.like(boats.uri, boats.cid)
  await bob.follow(alice.assertDid)

  await post(carla, 'a post of somebody who is taken down')

  const rude = await post(dan, 'a rude post')
  const shown = await upload(dan, await picture('#00aa00'))
  const hidden = await upload(dan, Buffer.from('not a picture at all, but a file'), 'text/plain')
  const withBlobs = await post(dan, 'a picture, and a file in a record of an unknown kind', {
    embed: { $type: 'app.bsky.embed.images', images: [{ alt: 'green', image: shown }] },
  })
  await dan.com.atproto.repo.createRecord({
    repo: dan.assertDid,
    collection: 'com.example.file',
    rkey: 'one',
    record: { $type: 'com.example.file', file: hidden },
  })
  await dan.like(boats.uri, boats.cid)

  await alice.com.atproto.server.requestEmailConfirmation()
  const accounts = new Sqlite(join(data, 'account.sqlite'), { readonly: true })
  const { token } = accounts.prepare("SELECT token FROM email_token WHERE purpose = 'confirm_email'").get()
  accounts.close()
  await alice.com.atproto.server.confirmEmail({ email: 'alice@example.com', token })

  facts.people.alice.appPasswords = {}
  for (const [name, privileged] of [
    ['phone', false],
    ['chat', true],
  ]) {
    const { data: made } = await alice.com.atproto.server.createAppPassword({ name, privileged })
    const client = agentOf()
    await client.login({ identifier: 'alice.test', password: made.password })
    const { refreshJwt } = client.session
    facts.people.alice.appPasswords[name] = { password: made.password, privileged, refreshJwt }
  }
  const preferences = [
    { $type: 'app.bsky.actor.defs#adultContentPref', enabled: false },
    { $type: 'app.bsky.actor.defs#personalDetailsPref', birthDate: '1990-05-05T00:00:00.000Z' },
    { $type: 'app.bsky.actor.defs#contentLabelPref', label: 'porn', visibility: 'hide' },
  ]
  await alice.app.bsky.actor.putPreferences({ preferences })
  facts.people.alice.preferences = preferences
  // The answer to a refresh was lost: the client still has the token before.
  facts.people.alice.usedRefreshJwt = alice.session.refreshJwt
  await alice.sessionManager.refreshSession()
  facts.people.alice.refreshJwt = alice.session.refreshJwt
  facts.people.alice.accessJwt = alice.session.accessJwt
  facts.people.dan.refreshJwt = dan.session.refreshJwt

  const { code } = await admin('com.atproto.server.createInviteCode', { useCount: 5 })
  const { code: ofDan } = await admin('com.atproto.server.createInviteCode', { useCount: 2, forAccount: dan.assertDid })
  facts.invites = { admin: code, dan: ofDan }
  const erin = agentOf()
  await erin.createAccount({
    handle: 'erin.test',
    email: 'erin@example.com',
    password: 'erin-password',
    inviteCode: ofDan,
  })
  // She has left: nothing of her is there but the code that she used.
  await admin('com.atproto.admin.deleteAccount', { did: erin.assertDid })
  await admin('com.atproto.admin.disableInviteCodes', { codes: [code] })
  await admin('com.atproto.admin.disableAccountInvites', { account: dan.assertDid })

  await bob.com.atproto.server.deactivateAccount({})
  const takedown = { applied: true, ref: 'CASE-1' }
  const account = (did) => ({ $type: 'com.atproto.admin.defs#repoRef', did })
  await admin('com.atproto.admin.updateSubjectStatus', { subject: account(carla.assertDid), takedown })
  await admin('com.atproto.admin.updateSubjectStatus', {
    subject: { $type: 'com.atproto.repo.strongRef', ...ref(rude) },
    takedown,
  })
  await admin('com.atproto.admin.updateSubjectStatus', {
    subject: { $type: 'com.atproto.admin.defs#repoBlobRef', did: dan.assertDid, cid: hidden.ref.toString() },
    takedown,
  })
  facts.taken = { account: carla.assertDid, record: rude.uri, blob: hidden.ref.toString() }
  facts.posts = { boats: boats.uri, withBlobs: withBlobs.uri }
} finally {
  await pds.stop()
  plc.close()
}

/** Small pages, no free ones: most of an empty database is the first pages of its tables. */
function shrink(file) {
  const database = new Sqlite(file)
  database.pragma('journal_mode = DELETE')
  database.pragma('page_size = 1024')
  database.exec('VACUUM')
  database.pragma('journal_mode = WAL')
  database.close()
}

const accounts = new Sqlite(join(data, 'account.sqlite'))
for (const person of Object.values(facts.people)) {
  const { cid, rev } = accounts.prepare('SELECT cid, rev FROM repo_root WHERE did = ?').get(person.did)
  Object.assign(person, { head: cid, rev, operation: plc.logs.get(person.did).at(-1) })
}
accounts.close()
const sequencer = new Sqlite(join(data, 'sequencer.sqlite'))
facts.seq = sequencer.prepare('SELECT max(seq) AS seq FROM repo_seq').get().seq
sequencer.close()
facts.madeAt = new Date().toISOString()

const readme = existsSync(join(TARGET, 'README.md')) ? readFileSync(join(TARGET, 'README.md')) : null
rmSync(TARGET, { recursive: true, force: true })
for (const name of ['account.sqlite', 'sequencer.sqlite', 'actors', 'blocks'])
  cpSync(join(data, name), join(TARGET, 'pds', name), { recursive: true })
rmSync(join(TARGET, 'pds', 'blocks', 'tempt'), { recursive: true, force: true })
for (const path of readdirSync(TARGET, { recursive: true, encoding: 'utf8' }))
  if (path.endsWith('.sqlite')) shrink(join(TARGET, path))
// Not every file system takes a colon: the folders of DIDs have theirs back when a test copies them.
for (const path of readdirSync(TARGET, { recursive: true, encoding: 'utf8' }))
  if (/(^|\/)did:plc:[a-z2-7]+$/.test(path)) renameSync(join(TARGET, path), join(TARGET, path.replaceAll(':', '_')))
// Where the blobs were then is nowhere any more, as after a move to another machine.
writeFileSync(join(TARGET, 'pds.env'), readFileSync(envFile, 'utf8').replaceAll(data, '/pds'))
writeFileSync(join(TARGET, 'facts.json'), `${JSON.stringify(facts, null, 2)}\n`)
if (readme) writeFileSync(join(TARGET, 'README.md'), readme)
rmSync(work, { recursive: true, force: true })
