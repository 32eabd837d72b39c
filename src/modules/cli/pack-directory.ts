/**
 * A CAR from a directory. Records are read once, in order of their keys, and their blocks wait in a file beside the CAR:
 * its first byte cannot be written before the last record is known.
 */
import { randomInt } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import {
  assertUnpacked,
  assertWhole,
  BLOCKS_NAME,
  type CarBlock,
  carSectionHead,
  Cid,
  cidKey,
  type DecodedCommit,
  headerOf,
  isAmong,
  numberOfBeyond,
  packCommit,
  type PackedLayout,
  packRecord,
  parseLayout,
  pathOfRecord,
  readBeyond,
  type RepoChanges,
  RepoPacking,
  SigningKey,
  TidClock,
  type UnpackedIndex,
  verifyCommit,
} from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { NewFile, type Spool } from './new-file.js'
import { WrongUsage } from './options.js'
import { startProgress } from './progress.js'
import { COMMIT_NAME, readIndex, readRecordFile, readTop } from './unpack-directory.js'
import { UnpackedDirectory } from './unpacked-directory.js'

/** Names of changed records that one message tells of each kind. */
const TOLD = 10

export interface PackedRepo {
  did: string
  car: string
  head: string
  rev: string | null
  records: number
  /** Bytes of the CAR. */
  size: number
  /** did:key by which it was signed anew; null: nothing has changed. */
  signedBy: string | null
  /** True when that key has signed the commit before as well. */
  sameKey: boolean
  /** What was changed; null when nothing was, or when there was no index to tell by. */
  changes: RepoChanges | null
  /** Blocks of the CAR that was unpacked which the new head has nothing to do with. */
  leftOut: number
}

/**
 * Packs a directory into a CAR that is not there yet. `key` is a private key in hexadecimal digits.
 * @throws WrongUsage; Strangers; RepoError; Error of the disk, or when records have changed and there is no key. There is
 * no CAR then.
 */
export function packDirectory(path: string, car: string, key: string | undefined): PackedRepo {
  if (!existsSync(path)) throw new Error(`there is no directory ${path}`)
  const directory = UnpackedDirectory.open(path)
  directory.assertNoStrangers()
  const index = readIndex(directory)
  assertWhole(index)
  const unpacked = readCommitFile(directory, index)
  const { commit } = unpacked
  const packing = new RepoPacking(commit, index)
  const out = new NewFile(outside(car, directory))
  try {
    const records = out.spool()
    readRecords(directory, packing, records)
    packing.finish()
    const signer = packing.isChanged ? signerOf(key, commit, packing.changes) : null
    const rev = signer ? new TidClock(() => new Clock().now(), randomInt(1024)).next(commit.rev) : commit.rev
    const head = signer ? packing.sign(signer, rev!) : unpacked
    const beyond = out.spool()
    const layout = readLayout(directory, index, beyond)
    writeBlocks(out, packing, head, signer ? null : layout, { records, beyond })
    return {
      did: commit.did,
      car,
      head: head.cid.toString(),
      rev,
      records: packing.records,
      size: out.finish(),
      signedBy: signer?.didKey ?? null,
      sameKey: signer !== null && verifyCommit(commit, signer.didKey),
      changes: signer && packing.changes,
      leftOut: signer ? beyond.count : 0,
    }
  } finally {
    out.close()
  }
}

/** The full path of the CAR. @throws WrongUsage when it would stand among what it is made of */
function outside(car: string, { root }: UnpackedDirectory): string {
  const folder = dirname(resolve(car))
  if (!existsSync(folder)) throw new Error(`there is no directory ${folder}`)
  const path = join(realpathSync(folder), basename(car))
  if (path.startsWith(root + sep)) throw new WrongUsage(`${car} is inside the directory that is packed`)
  return path
}

function readCommitFile(
  directory: UnpackedDirectory,
  index: UnpackedIndex | null,
): CarBlock & { commit: DecodedCommit } {
  if (!directory.top.has(COMMIT_NAME)) throw new Error(`${directory.root} has no ${COMMIT_NAME}`)
  const unpacked = packCommit({ path: COMMIT_NAME, bytes: readTop(directory, COMMIT_NAME) })
  assertUnpacked(index, unpacked.cid)
  return unpacked
}

function readRecords(directory: UnpackedDirectory, packing: RepoPacking, records: Spool): void {
  const files = directory.records.sort((a, b) => (a.key < b.key ? -1 : 1))
  const progress = startProgress('Reading', files.length, 'records')
  try {
    for (const [i, { key, form }] of files.entries()) {
      const path = pathOfRecord(key, form)
      if (files[i - 1]?.key === key) throw new Error(`${path} stands beside another file of ${key}`)
      const record = packRecord({ path, bytes: readRecordFile(directory, path) })
      packing.add(record)
      records.add(record)
      progress.to(packing.records)
    }
  } finally {
    progress.end()
  }
}

/** The order of the CAR that was unpacked, null for the usual one; `beyond` gets its blocks beyond the head. */
function readLayout(directory: UnpackedDirectory, index: UnpackedIndex | null, beyond: Spool): PackedLayout | null {
  const read = (path: string): Buffer => {
    const bytes = readTop(directory, path)
    if (index && !isAmong(index.top.get(path), cidKey(Cid.ofRaw(bytes))))
      throw new Error(`${path} is not as it was unpacked`)
    return bytes
  }
  const missing = [...(index?.top.keys() ?? [])].find((path) => !directory.top.has(path))
  if (missing !== undefined) throw new Error(`${missing} is not there any more`)
  const files = [...directory.top].flatMap((path) => numberOfBeyond(path) ?? []).sort((a, b) => a - b)
  for (const [i, number] of files.entries()) {
    const path = `beyond-${number}.car`
    if (number !== i + 1) throw new Error(`${path} is there, and beyond-${i + 1}.car is not`)
    for (const block of readBeyond({ path, bytes: read(path) })) beyond.add(block)
  }
  return directory.top.has(BLOCKS_NAME) ? { ...parseLayout(read(BLOCKS_NAME)), beyond: beyond.count } : null
}

function writeBlocks(
  out: NewFile,
  packing: RepoPacking,
  head: CarBlock,
  layout: PackedLayout | null,
  spools: { records: Spool; beyond: Spool },
): void {
  const progress = startProgress('Writing', packing.blockCount + (layout?.beyond ?? 0), 'blocks')
  try {
    let written = 0
    out.write(headerOf(head.cid, layout))
    for (const block of packing.blocks(head, layout)) {
      if ('record' in block) out.write(spools.records.at(block.record))
      else if ('beyond' in block) out.write(spools.beyond.at(block.beyond))
      else {
        out.write(carSectionHead(block.cid, block.bytes.length))
        out.write(block.bytes)
      }
      progress.to(++written)
    }
  } finally {
    progress.end()
  }
}

/** A private key does not tell its curve: it is that by which it has signed the commit before, or else K-256. */
function signerOf(key: string | undefined, commit: DecodedCommit, changes: RepoChanges | null): SigningKey {
  if (key === undefined)
    throw new Error(
      `the records are not those that ${COMMIT_NAME} signs: ${changesText(changes)}. ` +
        'Give the signing key (--key-file or SKYLOG_SIGNING_KEY_HEX) to sign them anew',
    )
  const secret = Buffer.from(key, 'hex')
  const before = (['k256', 'p256'] as const)
    .map((curve) => SigningKey.fromPrivate(curve, secret))
    .find(({ didKey }) => verifyCommit(commit, didKey))
  return before ?? SigningKey.fromPrivate('k256', secret)
}

function changesText(changes: RepoChanges | null): string {
  if (!changes) return 'without an index.txt nobody can say which have changed'
  const told = (kind: string, paths: readonly string[]): string[] => {
    const more = paths.length > TOLD ? ` and ${paths.length - TOLD} more` : ''
    return paths.length === 0 ? [] : [`${kind} ${paths.slice(0, TOLD).join(', ')}${more}`]
  }
  const { edited, added, removed } = changes
  const all = [...told('edited', edited), ...told('added', added), ...told('deleted', removed)]
  return all.join('; ') || 'index.txt does not say which have changed'
}
