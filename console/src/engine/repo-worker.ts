/**
 * Work on a whole repository, beside the page, which stays usable meanwhile: fetched as a CAR, it is unpacked into files, or its
 * tree is made into a picture.
 */
import { makeZip } from 'client-zip'
import {
  decodeCar,
  decodeCommit,
  MemoryBlockstore,
  type PictureNode,
  TreePicture,
  unpackCar,
  walkTree,
} from '../../../src/repo-engine/index.js'

export interface RepoJob {
  want: 'zip' | 'tree'
  did: string
  /** The largest CAR that is fetched. */
  maxBytes: number
}
/** What the worker says, any number of progresses and then one of the others. */
export type RepoReport =
  | { told: 'progress'; progress: RepoProgress }
  | { told: 'zip'; zip: Blob }
  | { told: 'tree'; tree: PictureNode | null }
  | { told: 'error'; message: string }
/** How far it has come: bytes that have been fetched, then files that have been made of them. */
export interface RepoProgress {
  bytes: number
  files: number
}

/** As much of the scope of a worker as is used. */
interface Scope {
  onmessage: ((event: { data: RepoJob }) => void) | null
  postMessage(report: RepoReport): void
}
const scope = globalThis as unknown as Scope
const TOLD_EVERY = 100

scope.onmessage = ({ data: job }) => {
  run(job).then(
    (report) => scope.postMessage(report),
    (error: unknown) => scope.postMessage({ told: 'error', message: (error as Error).message }),
  )
}

async function run({ want, did, maxBytes }: RepoJob): Promise<RepoReport> {
  const tell = teller()
  const car = await fetchCar(did, maxBytes, (bytes) => tell({ bytes, files: 0 }))
  if (want === 'tree') return { told: 'tree', tree: pictureOf(car) }
  const files = filesOf(car, maxBytes, did.replaceAll(':', '_'), (files) => tell({ bytes: car.length, files }))
  return { told: 'zip', zip: await new Response(makeZip(files)).blob() }
}

async function fetchCar(did: string, maxBytes: number, onBytes: (bytes: number) => void): Promise<Uint8Array> {
  const response = await fetch(`/xrpc/com.atproto.sync.getRepo?did=${encodeURIComponent(did)}`)
  if (!response.ok) {
    const { message } = (await response.json().catch(() => ({}))) as { message?: string }
    throw new Error(message ?? `The server answered ${response.status}`)
  }
  const pieces: Uint8Array[] = []
  let bytes = 0
  for (const reader = response.body!.getReader(); ;) {
    const { value, done } = await reader.read()
    if (done) break
    bytes += value.length
    if (bytes > maxBytes) {
      await reader.cancel()
      throw new Error(`The repository is larger than ${Math.round(maxBytes / 1e6)} MB, which is too much for a browser`)
    }
    pieces.push(value)
    onBytes(bytes)
  }
  const car = new Uint8Array(bytes)
  let at = 0
  for (const piece of pieces) {
    car.set(piece, at)
    at += piece.length
  }
  return car
}

function* filesOf(car: Uint8Array, maxBytes: number, folder: string, onFile: (files: number) => void) {
  let files = 0
  for (const { path, bytes } of unpackCar(car, { maxBytes })) {
    onFile(++files)
    yield { name: `${folder}/${path}`, input: bytes as Uint8Array<ArrayBuffer> }
  }
}

function pictureOf(car: Uint8Array): PictureNode | null {
  const { roots, blocks } = decodeCar(car)
  const store = new MemoryBlockstore()
  for (const { cid, bytes } of blocks) store.put(cid, bytes)
  const head = roots[0] && store.get(roots[0])
  if (!head) throw new Error('The CAR has no commit')
  const picture = new TreePicture()
  for (const item of walkTree(store, decodeCommit(head).data)) picture.add(item)
  return picture.finish()
}

/** Tells some of the progress, not each step of it. */
function teller(): (progress: RepoProgress) => void {
  let last = 0
  return (progress) => {
    if (Date.now() - last < TOLD_EVERY) return
    last = Date.now()
    scope.postMessage({ told: 'progress', progress })
  }
}
