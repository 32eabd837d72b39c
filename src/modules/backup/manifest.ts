/** What a backup is made of, in one JSON document that is written last. */
import { createHash } from 'node:crypto'
import { type BackupTarget, BackupProblem } from './backup-target.js'

/** Bytes of a file that are kept, and found again, as one. */
export const CHUNK_BYTES = 256 * 1024
/** As many chunks as a database of 512 GiB has. */
const MAX_MANIFEST_BYTES = 160 * 1024 * 1024
const FORMAT = 1
const FOLDER = 'manifests/'
const ID = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/
const DIGEST = /^[0-9a-f]{64}$/

/** Bytes in pieces of {@link CHUNK_BYTES}, the last one shorter: the SHA-256 of each. */
export interface Chunked {
  bytes: number
  chunks: string[]
}

/** A file of the data directory. */
export interface KeptFile extends Chunked {
  /** Below the data directory, with `/` between its parts. */
  path: string
}

/**
 * A snapshot, with which a generation of segments begins. Its database is the file with the first `segments` of them laid
 * over it.
 */
export interface Manifest {
  format: number
  /** Names the generation; sorts by the time at which it began. */
  id: string
  software: string
  /** DID of the server. */
  server: string
  /** The moment that it shows, RFC 3339. */
  time: string
  /** No number of the log up to and including this one may be given out again. */
  seq: number
  segments: number
  database: Chunked & { pageSize: number }
  files: KeptFile[]
  /** Where blobs are. Of those on a disk the names, a line each (SHA-256, a space, bytes), are kept in chunks. */
  blobs: ({ store: 'disk'; count: number } & Chunked) | { store: 's3'; bucket: string; endpoint: string | null }
}

/** The name of a generation that begins now; `suffix` are eight hexadecimal digits of chance. */
export function generationId(now: number, suffix: string): string {
  return `${new Date(now).toISOString().replace(/[-:.]/g, '')}-${suffix}`
}

/** Whether a text is the name of a generation. */
export function isGenerationId(text: string): boolean {
  return ID.test(text)
}

/** When a generation began, milliseconds since the epoch. */
export function beginningOf(id: string): number {
  const [, date, hour, minute, second, ms] = /^(\d{8})T(\d\d)(\d\d)(\d\d)(\d{3})/.exec(id)!
  const day = date!.replace(/^(\d{4})(\d\d)/, '$1-$2-')
  return Date.parse(`${day}T${hour}:${minute}:${second}.${ms}Z`)
}

/** Puts a manifest in its place, which makes it one. */
export async function putManifest(target: BackupTarget, manifest: Manifest): Promise<void> {
  const text = JSON.stringify({ manifest, sha256: digestOf(manifest) })
  await target.put(manifestName(manifest.id), Buffer.from(text))
}

/** Names of the generations that have a manifest, oldest first. */
export async function listManifests(target: BackupTarget): Promise<string[]> {
  const ids: string[] = []
  for await (const { name } of target.list(FOLDER)) {
    const id = name.slice(FOLDER.length, -'.json'.length)
    if (isGenerationId(id) && name.endsWith('.json')) ids.push(id)
  }
  return ids.sort()
}

export async function deleteManifest(target: BackupTarget, id: string): Promise<void> {
  await target.delete(manifestName(id))
}

/** @throws BackupProblem when it is missing, damaged, of a later format, or names what cannot be */
export async function readManifest(target: BackupTarget, id: string): Promise<Manifest> {
  const name = manifestName(id)
  const bytes = await target.get(name, MAX_MANIFEST_BYTES)
  if (!bytes) throw new BackupProblem(`${name} is missing`)
  let read: { manifest?: Manifest; sha256?: unknown }
  try {
    read = JSON.parse(bytes.toString()) as typeof read
  } catch {
    throw new BackupProblem(`${name} is damaged: it is not JSON`)
  }
  const { manifest } = read
  if (!manifest || read.sha256 !== digestOf(manifest))
    throw new BackupProblem(`${name} is damaged: its bytes are not those that were written`)
  if (manifest.format !== FORMAT)
    throw new BackupProblem(`${name} is of format ${String(manifest.format)}: a later version of Skylog reads it`)
  const problem = problemOf(manifest, id)
  if (problem !== null) throw new BackupProblem(`${name} cannot be used: ${problem}`)
  return manifest
}

function digestOf(manifest: Manifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex')
}

function manifestName(id: string): string {
  return `${FOLDER}${id}.json`
}

/** Whoever can write to the target may have written this: nothing in it is believed. */
function problemOf(manifest: Manifest, id: string): string | null {
  const { database, files, blobs } = manifest
  if (manifest.id !== id) return 'it is of another generation'
  if (![manifest.software, manifest.server, manifest.time].every((text) => typeof text === 'string'))
    return 'a text is missing'
  if (Number.isNaN(Date.parse(manifest.time))) return 'its time is none'
  if (![manifest.seq, manifest.segments].every(isCount)) return 'a number is missing'
  if (!isChunked(database)) return 'its database is not in chunks'
  const { pageSize } = database
  if (!isCount(pageSize) || pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    return `its database has pages of ${String(pageSize)} bytes`
  if (!Array.isArray(files)) return 'its files are missing'
  for (const file of files) {
    if (!isChunked(file)) return 'a file is not in chunks'
    if (!isInside(file.path)) return `it has a file ${JSON.stringify(file.path)}`
  }
  if (blobs?.store === 'disk') return isChunked(blobs) && isCount(blobs.count) ? null : 'its blobs are not in chunks'
  return blobs?.store === 's3' && typeof blobs.bucket === 'string' ? null : 'it does not say where blobs are'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isChunked(value: Chunked | undefined): boolean {
  if (!value || !isCount(value.bytes) || !Array.isArray(value.chunks)) return false
  if (value.chunks.length !== Math.ceil(value.bytes / CHUNK_BYTES)) return false
  return value.chunks.every((chunk) => typeof chunk === 'string' && DIGEST.test(chunk))
}

/** What a backup leaves out: a restore makes these itself, or SQLite does, or they belong to a machine. */
export const OWNER_FILE = 'backup.owner'
const NEVER = /^(skylog\.sqlite.*|seq\.floor|backup\.owner|tmp(\/.*)?|blob-cache(\/.*)?)$/

/** Whether a path stays below the folder that it is put in, and is that of a file that is kept. */
export function isInside(path: unknown): path is string {
  if (typeof path !== 'string' || path.length > 1024 || NEVER.test(path)) return false
  if (/[\\\u0000-\u001f]/.test(path)) return false
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

/** How many bytes the chunk at a place has. */
export function chunkLength({ bytes, chunks }: Chunked, at: number): number {
  return at < chunks.length - 1 ? CHUNK_BYTES : bytes - at * CHUNK_BYTES
}
