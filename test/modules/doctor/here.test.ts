/** What the doctor finds in a data directory, in good order and with each thing broken in turn. */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeNewIdentity } from '../../../src/modules/backup/backup-identity.js'
import type { BackupFigures } from '../../../src/modules/backup/backup-status.js'
import { backUp } from '../../../src/modules/cli/backup-anywhere.js'
import { diagnose } from '../../../src/modules/cli/doctor-anywhere.js'
import { Config } from '../../../src/modules/config/config.js'
import type { Tx } from '../../../src/modules/database/database.js'
import { SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import { shippingFinding } from '../../../src/modules/doctor/checks/backup.js'
import { roomFindings, speedFinding } from '../../../src/modules/doctor/checks/disk.js'
import { type Area, parseAreas } from '../../../src/modules/doctor/finding.js'
import { startTestServer } from '../../support/server.js'

const DAY_MS = 24 * 60 * 60 * 1000
const base = mkdtempSync(join(tmpdir(), 'skylog-doctor-'))
const whole = join(base, 'whole')
let did: string
beforeAll(async () => {
  const server = await startTestServer({}, whole)
  const agent = await server.signUp('alice')
  did = agent.assertDid
  const { data } = await agent.uploadBlob(Buffer.from('not much of a picture'), { encoding: 'image/png' })
  const image = { image: data.blob, alt: 'nothing' }
  await agent.post({ text: 'a picture', embed: { $type: 'app.bsky.embed.images', images: [image] } })
  await server.close()
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

let n = 0
/** A copy of the directory, in which something has been done. */
async function broken(damage: (directory: string) => Promise<void> | void): Promise<string> {
  const directory = join(base, `copy-${n++}`)
  cpSync(whole, directory, { recursive: true })
  await damage(directory)
  return directory
}

/** What is said of a directory, as `severity text` lines. */
async function said(only: Area, directory: string, env: Record<string, string> = {}): Promise<string[]> {
  const config = Config.fromEnv({ PDS_DATA_DIRECTORY: directory, ...env })
  const { running, findings } = await diagnose(config, { only: [only], offline: true })
  expect(running).toBe(false)
  expect(findings.filter(({ severity, advice }) => /warning|problem/.test(severity) && !advice)).toEqual([])
  return findings.map(({ severity, text }) => `${severity} ${text}`)
}

const written =
  (change: (tx: Tx) => Promise<unknown>) =>
  async (directory: string): Promise<void> => {
    const database = await SqliteDatabase.open(join(directory, 'skylog.sqlite'))
    await database.write(async (tx) => {
      await change(tx)
    })
    await database.close()
  }

const changed = (sql: string) => written(async (tx) => tx.run(sql))

it('finds nothing wrong where nothing is', async () => {
  const config = Config.fromEnv({ PDS_DATA_DIRECTORY: whole })
  const { findings: all } = await diagnose(config, { only: null, offline: true })
  // The room and the speed of the disk are those of whoever runs this.
  const findings = all.filter(({ text }) => !/has room for|reaches the disk/.test(text))
  expect(findings.filter(({ severity }) => severity === 'problem' || severity === 'warning')).toEqual([])
  const fine = findings.filter(({ severity }) => severity === 'ok').map(({ area, text }) => `${area}: ${text}`)
  expect(fine).toEqual([
    'config: the settings fit together',
    'disk: secrets are readable by their owner alone',
    'database: the database is of this version',
    'log: heads and last events agree, of the one repository',
    expect.stringMatching(/^log: the log ends with event \d+$/),
    'projections: the tables of app.bsky have come as far as the log',
    'keys: the signing keys can be opened, of the one account',
    `blobs: ${whole}/blobs takes blobs and has them`,
    'blobs: the blobs are here, of the one account',
    'outbox: nothing is owed',
    'peers: there are no peers',
    'plc: the identities of the newest accounts (1) name this server and its keys',
  ])
})

it('makes nothing where nothing is', async () => {
  const directory = join(base, 'nowhere')
  expect(await said('database', directory)).toEqual([`note there is no database in ${directory}`])
  await said('disk', directory)
  expect(() => readFileSync(directory)).toThrow('ENOENT')
})

const cases: [area: Area, what: string, damage: (directory: string) => Promise<void> | void, expected: RegExp][] = [
  [
    'disk',
    'secrets that others may read',
    (directory) => chmodSync(join(directory, 'secrets.json'), 0o644),
    /^problem others on this machine may read .*secrets\.json$/,
  ],
  [
    'disk',
    'a database that others may read',
    (directory) => (chmodSync(directory, 0o755), chmodSync(join(directory, 'skylog.sqlite'), 0o644)),
    /^note others on this machine may read the database/,
  ],
  [
    'database',
    'a newer version',
    changed("INSERT INTO migrations (timestamp, name) VALUES (1, 'Tomorrow1')"),
    /^problem a newer version has had this database: it knows Tomorrow1/,
  ],
  [
    'database',
    'an older version',
    changed("DELETE FROM migrations WHERE name LIKE 'UnreadReferences%'"),
    /^note the database is of an older version: 1 migration to come/,
  ],
  [
    'database',
    'no database',
    (directory) => writeFileSync(join(directory, 'skylog.sqlite'), 'this is a text file, is it not? '.repeat(200)),
    /^problem .*skylog\.sqlite cannot be read: file is not a database/,
  ],
  [
    'log',
    'a head that is no event',
    changed("UPDATE repo SET head = x'00'"),
    /^problem heads and last events do not agree, of 1 repository: did:plc:/,
  ],
  [
    'log',
    'events that are missing',
    changed('DELETE FROM commit_log WHERE cid IS NOT NULL'),
    /^problem heads and last events do not agree, of 1 repository/,
  ],
  [
    'log',
    'a database that was restored',
    (directory) => writeFileSync(join(directory, 'seq.floor'), '9000000000000000\n'),
    /^warning event 9000000000000000 has been given out, and the log ends with \d+/,
  ],
  [
    'log',
    'a mark that is damaged',
    (directory) => writeFileSync(join(directory, 'seq.floor'), 'soon'),
    /^problem .*seq\.floor is damaged/,
  ],
  [
    'log',
    'a mark that is missing',
    (directory) => rmSync(join(directory, 'seq.floor')),
    /^warning .*seq\.floor is missing/,
  ],
  [
    'projections',
    'tables of another version',
    changed("UPDATE projection SET version = 0 WHERE name = 'like'"),
    /^warning tables of another version: like$/,
  ],
  [
    'projections',
    'tables that are behind',
    changed('UPDATE projection_position SET seq = seq - 2'),
    /^warning the tables are \d+ events behind the log$/,
  ],
  [
    'projections',
    'a rebuild that was interrupted',
    changed(`INSERT INTO rebuild (projections, verify, state) VALUES ('{"like": 1}', 0, 'replay')`),
    /^note a rebuild is under way, or was interrupted$/,
  ],
  [
    'keys',
    'other secrets',
    (directory) => secrets(directory, { keyEncryptionKey: 'ab'.repeat(32) }),
    /^problem 1 of 1 signing key cannot be opened, among them that of did:plc:/,
  ],
  [
    'keys',
    'no secrets',
    (directory) => rmSync(join(directory, 'secrets.json')),
    /^problem there are no secrets to open the signing keys with/,
  ],
  [
    'keys',
    'secrets that are no secrets',
    (directory) => secrets(directory, { jwtSecret: 7 }),
    /^problem .*secrets\.json is not complete/,
  ],
  [
    'keys',
    'an account without a key',
    changed('DELETE FROM signing_key'),
    /^problem accounts without a signing key, which cannot write: did:plc:/,
  ],
  [
    'keys',
    'a rotation that has not ended',
    (directory) => secrets(directory, { formerPlcRotationKeys: ['cd'.repeat(32)] }),
    /^note 1 former rotation key kept/,
  ],
  [
    'blobs',
    'a store that is lost',
    (directory) => rmSync(join(directory, 'blobs'), { recursive: true }),
    /^problem there are blobs in the database, and no folder /,
  ],
  [
    'blobs',
    'blobs that are lost',
    (directory) => {
      rmSync(join(directory, 'blobs'), { recursive: true })
      mkdirSync(join(directory, 'blobs'))
    },
    /^problem not in .*: 1 of 1 blob that were looked for$/,
  ],
  [
    'blobs',
    'blobs that never came',
    changed('DELETE FROM blob'),
    /^warning 1 blob that records refer to not here, of 1 account, among them did:plc:/,
  ],
  [
    'blobs',
    'blobs that should have gone',
    changed('UPDATE blob SET loose_since = 1'),
    /^note 1 blob that no record refers to not deleted yet$/,
  ],
  [
    'outbox',
    'work that fails',
    changed(
      "INSERT INTO outbox (kind, payload, attempts, due_at, last_error) VALUES ('mail', '{}', 9, 0, 'the mail server is away')",
    ),
    /^note 1 of mail do not get done, after 9 tries: the mail server is away$/,
  ],
  [
    'peers',
    'a peer in trouble',
    changed(
      `INSERT INTO peer (url, direction, repos, relay, scanned, last_error, error_at) VALUES ('https://pds.example.com', 'pull', 'all', 0, 0, 'status 502', ${Date.now()})`,
    ),
    /^warning https:\/\/pds\.example\.com \(pull\): status 502$/,
  ],
  [
    'clock',
    'events of tomorrow',
    changed(`UPDATE commit_log SET time = '${new Date(Date.now() + DAY_MS).toISOString()}'`),
    /^warning the newest event in the log is of a moment \d+ s from now/,
  ],
  [
    'plc',
    'an identity that names another key',
    changed("UPDATE signing_key SET public_key = 'did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc'"),
    /^problem the identity of alice\.test .* names another signing key/,
  ],
  [
    'plc',
    'an identity that names another handle',
    changed("UPDATE account SET handle = 'bob.test'"),
    /^warning the identity of bob\.test .* does not name its handle$/,
  ],
  [
    'plc',
    'an identity that nobody knows',
    changed('DELETE FROM plc_operation'),
    /^problem the directory does not know alice\.test/,
  ],
  [
    'plc',
    'another rotation key',
    (directory) => secrets(directory, { plcRotationKey: 'ef'.repeat(32) }),
    /^warning the rotation key of this server is in no operation of alice\.test: it cannot change these identities$/,
  ],
]

function secrets(directory: string, others: object): void {
  const file = join(directory, 'secrets.json')
  const kept = JSON.parse(readFileSync(file, 'utf8')) as object
  writeFileSync(file, JSON.stringify({ ...kept, ...others }))
}

it.each(cases)('%s: %s', async (area, _, damage, expected) => {
  expect(await said(area, await broken(damage))).toContainEqual(expect.stringMatching(expected))
})

it('blobs: a store that cannot be written to', async () => {
  const file = join(base, 'a-file')
  writeFileSync(file, '')
  expect(await said('blobs', whole, { PDS_BLOBSTORE_DISK_LOCATION: file })).toContainEqual(
    expect.stringMatching(/^problem .*a-file cannot be used: /),
  )
})

it('blobs: a bucket that is not there', async () => {
  const env = { PDS_BLOBSTORE_S3_BUCKET: 'blobs', PDS_BLOBSTORE_S3_ENDPOINT: 'http://127.0.0.1:1' }
  const keys = { PDS_BLOBSTORE_S3_ACCESS_KEY_ID: 'me', PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY: 'my-secret' }
  const findings = await said('blobs', whole, { ...env, ...keys })
  expect(findings).toContainEqual(expect.stringMatching(/^problem the bucket blobs cannot be used: /))
  expect(findings.join()).not.toContain('my-secret')
})

it.each<[string, Parameters<typeof roomFindings>[1], string[]]>([
  ['much', { bytes: 1e12, bytesFree: 5e11, files: 0, filesFree: 0 }, ['ok']],
  ['little of a large disk', { bytes: 1e12, bytesFree: 4e10, files: 1000, filesFree: 500 }, ['warning']],
  ['little', { bytes: 2e10, bytesFree: 1e9, files: 0, filesFree: 0 }, ['warning']],
  ['next to nothing', { bytes: 1e12, bytesFree: 1e8, files: 0, filesFree: 0 }, ['problem']],
  ['no inodes', { bytes: 1e12, bytesFree: 5e11, files: 1000, filesFree: 3 }, ['ok', 'warning']],
])('disk: room for %s', (_, room, severities) => {
  expect(roomFindings('/data', room).map(({ severity }) => severity)).toEqual(severities)
})

it.each([
  [0.5, 'ok'],
  [80, 'warning'],
  [900, 'problem'],
])('disk: a sync of %s ms', (ms, severity) => {
  expect(speedFinding(ms).severity).toBe(severity)
})

describe('backup', () => {
  const target = join(base, 'backup')
  const env = { BACKUP_TARGET: target }

  it('by nobody', async () => {
    expect(await said('backup', whole)).toEqual(['note no backups are made by this server itself'])
  })

  it('that is yet to be made, beside what it is of', async () => {
    expect(await said('backup', whole, env)).toEqual([
      `note there is no backup in ${target} yet`,
      `warning ${target} is on the disk that the data is on: whatever takes one takes both`,
    ])
    expect(existsSync(target)).toBe(false)
  })

  it('that is there', async () => {
    await backUp(
      { target, endpoint: null, identityFile: null, keep: null },
      Config.fromEnv({ PDS_DATA_DIRECTORY: whole }),
    )
    expect(await said('backup', whole, env)).toContainEqual(
      expect.stringMatching(/^ok the newest snapshot in .* is of \d{4}-.*Z$/),
    )
  })

  it('encrypted or not', async () => {
    const identity = join(base, 'backup.age')
    await writeNewIdentity(identity, '2026-01-01T00:00:00Z')
    const sealed = { BACKUP_TARGET: join(base, 'sealed'), BACKUP_IDENTITY_FILE: identity }
    const config = Config.fromEnv({ PDS_DATA_DIRECTORY: whole, ...sealed })
    await backUp({ target: sealed.BACKUP_TARGET, endpoint: null, identityFile: null, keep: null }, config)
    expect(await said('backup', whole, sealed)).toContainEqual(expect.stringMatching(/^ok the newest .*Z, encrypted$/))
    const without = { ...sealed, BACKUP_IDENTITY_FILE: '' }
    expect((await said('backup', whole, without))[0]).toMatch(
      /^problem .* cannot be read: .* is encrypted: name the identity/,
    )
    const bucket = { BACKUP_TARGET: 's3://bucket/skylog', BACKUP_S3_ENDPOINT: 'http://localhost:1' }
    const clear = expect.stringMatching(/^note what is in s3:\/\/bucket\/skylog is not encrypted/) as string
    expect(await said('backup', whole, bucket)).toContainEqual(clear)
    expect(await said('backup', whole, { ...bucket, BACKUP_IDENTITY_FILE: identity })).not.toContainEqual(clear)
    expect(await said('disk', whole, sealed)).toContainEqual('ok secrets are readable by their owner alone')
    chmodSync(identity, 0o644)
    expect(await said('disk', whole, sealed)).toContainEqual(`problem others on this machine may read ${identity}`)
  })

  const shipping = {
    target: '/mnt/backup',
    encrypted: false,
    ...{ snapshot: null, isWorking: false, shippedSeq: null, lastSuccess: null, lagMs: 1_000, shippedBytes: 0 },
    ...{ failuresInARow: 0, failures: 0, lastError: null },
  }
  it.each<[Partial<BackupFigures>, string]>([
    [{}, 'ok what is written is in /mnt/backup'],
    [{ encrypted: true }, 'ok what is written is in /mnt/backup, encrypted'],
    [{ lagMs: null }, 'note the first snapshot in /mnt/backup is being made: what is written is in no backup yet'],
    [{ lagMs: 1_200_000 }, 'warning /mnt/backup is 20 minutes behind'],
    [
      { failuresInARow: 2, lastError: 'no space\nleft' },
      'warning backups to /mnt/backup fail, of what was written in the last 1 s: no space left',
    ],
    [{ failuresInARow: 2, lastError: 'EIO', lagMs: null }, 'warning backups to /mnt/backup fail: EIO'],
    [
      { failuresInARow: 99, lastError: 'EIO', lagMs: 900_000 },
      'problem backups to /mnt/backup fail, of what was written in the last 900 s: EIO',
    ],
    [{ target: null }, 'note no backups are made by this server itself'],
  ])('as a server makes it: %j', (figures, expected) => {
    const { severity, text } = shippingFinding({ ...shipping, ...figures })
    expect(`${severity} ${text}`).toBe(expected)
  })
})

it('areas are names with commas between', () => {
  expect(parseAreas('tls, dns')).toEqual(['dns', 'tls'])
  expect(parseAreas('dns,weather')).toEqual([])
})

it('the account is the one that is spoken of', async () => {
  expect((await said('log', await broken(changed("UPDATE repo SET head = x'00'")))).join()).toContain(did)
})
