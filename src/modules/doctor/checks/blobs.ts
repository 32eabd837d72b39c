/** Whether the store of blobs can be used, and has what the accounts have. */
import { existsSync } from 'node:fs'
import { Cid } from '../../../repo-engine/index.js'
import { openBlobStore } from '../../blob/open-blob-store.js'
import { type Check, ofThose, NETWORK_MS, ofDatabase, throughPages } from '../check.js'
import { counted, type Finding, note, ok, problem, reasonOf, warning } from '../finding.js'
import type { Patient } from '../patient.js'

/** Blobs that are looked for in the store: a look, where `blob scrub` reads all of them. */
const SAMPLE = 20
const ACCOUNTS_AT_ONCE = 20
/** Loose blobs go an hour after they have become so; the collector comes every five minutes. */
const OVERDUE_MS = 2 * 60 * 60 * 1000
const RESTORE =
  'Restore them from a backup, or see whether this is the right place: PDS_BLOBSTORE_…; `skylog blob scrub` names all that are missing.'

export const BLOBS: Check[] = [
  { area: 'blobs', where: 'here', run: store },
  ofDatabase('blobs', async ({ read }, _patient, signal) => {
    let missing = 0
    const accounts: string[] = []
    const seen = await throughPages<{ did: string; n: number }>(
      (after, limit) =>
        read.all<{ did: string; n: number }>(
          `SELECT did, (SELECT count(DISTINCT cid) FROM record_blob WHERE record_blob.tree = repo.tree
             AND NOT EXISTS (SELECT 1 FROM blob WHERE blob.did = repo.did AND blob.cid = record_blob.cid)) AS n
           FROM repo WHERE did > ? AND hosting = 'hosted' AND status IS NULL ORDER BY did LIMIT ?`,
          after?.did ?? '',
          limit,
        ),
      ({ did, n }) => {
        missing += n
        if (n > 0) accounts.push(did)
      },
      signal,
      // Each has all of its blobs looked up.
      ACCOUNTS_AT_ONCE,
    )
    if (seen.seen === 0) return []
    if (missing === 0) return [ok(`the blobs are here, ${ofThose(seen, 'account')}`)]
    return [
      warning(
        `${counted(missing, 'blob')} that records refer to not here, of ${counted(accounts.length, 'account')}, among them ${accounts[0]!}`,
        'Their owners can upload them again, as `skylog migrate` does; `com.atproto.repo.listMissingBlobs` names them.',
      ),
    ]
  }),
  ofDatabase('blobs', async ({ read }, { clock, running }) => {
    const { n } = (await read.get<{ n: number }>(
      'SELECT count(*) AS n FROM blob WHERE loose_since < ?',
      clock.now() - OVERDUE_MS,
    ))!
    if (n === 0) return []
    const text = `${counted(n, 'blob')} that no record refers to not deleted yet`
    return [
      running
        ? warning(text, 'The log of the server says why; `skylog blob scrub --repair` looks at the store.')
        : note(text, 'The server does it while it runs.'),
    ]
  }),
]

/** Puts something in and takes it out again, so that keys, rights and room are tried; then looks for some blobs. */
async function store({ config, clock, database }: Patient): Promise<Finding[]> {
  const { blobStore } = config
  const isBucket = blobStore.kind === 's3'
  const name = isBucket ? `the bucket ${blobStore.bucket}` : blobStore.directory
  const rows = database
    ? await database.read.all<{ cid: Buffer }>(`SELECT DISTINCT cid FROM blob ORDER BY cid LIMIT ${SAMPLE}`)
    : []
  if (!isBucket && !existsSync(blobStore.directory)) {
    // It is made with the first upload.
    if (rows.length === 0) return []
    return [problem(`there are blobs in the database, and no folder ${name}`, RESTORE)]
  }
  const opened = await openBlobStore(config, clock, NETWORK_MS)
  try {
    await opened.dropTemp(await opened.putTemp(few()))
    const found = await Promise.all(rows.map(({ cid }) => opened.stat(Cid.fromBytes(cid))))
    const lost = found.filter((blob) => blob === null).length
    if (lost === 0) return [ok(`${name} takes blobs and has them`)]
    return [problem(`not in ${name}: ${lost} of ${counted(rows.length, 'blob')} that were looked for`, RESTORE)]
  } catch (error) {
    const advice = isBucket
      ? 'Check PDS_BLOBSTORE_S3_…: the endpoint, the region, the keys, and that they may read, write and delete.'
      : 'Give the user that the server runs as the right to write there, or set PDS_BLOBSTORE_DISK_LOCATION.'
    return [problem(`${name} cannot be used: ${reasonOf(error)}`, advice)]
  } finally {
    await opened.onApplicationShutdown()
  }
}

async function* few(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from('skylog doctor'))
}
