/** Whether what is in a target is encrypted. Either all of it is, for one identity, or nothing. */
import { BackupProblem, type BackupTarget, OtherKind } from './backup-target.js'

/** How every file of age begins, and nothing that is stored here in the clear but a blob perhaps. */
const BEGINNING = Buffer.from('age-encryption.org/v1\n')
/** Where to look, blobs last. */
const FOLDERS = ['manifests/', 'chunks/', 'segments/', 'blobs/']
const SINGLE = ['lock.json', 'running.json']

/** Whether bytes begin as what is encrypted does. */
export function isSealed(bytes: Uint8Array): boolean {
  return BEGINNING.equals(bytes.subarray(0, BEGINNING.length))
}

/**
 * Looks at an object of each kind. One that is damaged says nothing as long as another one does.
 * @throws OtherKind where they are not as this target reads and writes them, with what to do
 */
export async function assertKind(target: BackupTarget): Promise<void> {
  const reason = target.isSealed ? await whyNotOurs(target) : await whyNotClear(target)
  if (reason !== null) throw new OtherKind(reason)
}

async function whyNotClear(target: BackupTarget): Promise<string | null> {
  for await (const name of samples(target)) {
    if (isSealed(await beginningOf(target, name)))
      return (
        `${target.name} is encrypted: name the identity that it is encrypted for (BACKUP_IDENTITY_FILE, ` +
        '--identity-file), or another target for backups that are not'
      )
    // A blob can be anything.
    if (name.startsWith('chunks/')) return null
  }
  return null
}

async function whyNotOurs(target: BackupTarget): Promise<string | null> {
  let first: string | null = null
  for await (const name of samples(target))
    try {
      await beginningOf(target, name)
      return null
    } catch (error) {
      if (!(error instanceof BackupProblem)) throw error
      first ??= error.message
    }
  return (
    first &&
    `${target.name} is not encrypted for this identity (${first}): name the one that it is encrypted for, or another ` +
      'target; to go on with backups that are in the clear, or to read them, name no identity'
  )
}

/** Names of objects: the first of each folder, and those that stand alone. */
async function* samples(target: BackupTarget): AsyncGenerator<string> {
  for (const name of SINGLE) if ((await target.storedAt(name)) !== null) yield name
  for (const folder of FOLDERS) {
    const objects = target.list(folder)[Symbol.asyncIterator]()
    const first = await objects.next()
    await objects.return?.()
    if (!first.done) yield first.value.name
  }
}

async function beginningOf(target: BackupTarget, name: string): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  for await (const piece of (await target.open(name)) ?? []) {
    bytes = Buffer.concat([bytes, piece.subarray(0, BEGINNING.length)])
    if (bytes.length >= BEGINNING.length) break
  }
  return bytes
}
