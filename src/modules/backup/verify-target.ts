import { BackupProblem, type BackupTarget } from './backup-target.js'
import { blobName, checked, type KeptBlob, readBlobList } from './blob-copies.js'
import { ChunkStore, inParallel } from './chunk-store.js'
import { generationFor, stepsTo } from './generations.js'
import { listManifests, type Manifest, readManifest } from './manifest.js'
import { countSegments } from './segment.js'

/** Problems that are listed; of more there is only the number. */
const MAX_TOLD = 1_000

/** What a look at everything in a target has found. */
export interface TargetReport {
  snapshots: number
  segments: number
  chunks: number
  blobs: number
  /** The moment to which the newest snapshot leads, RFC 3339; null where there is none, or where that is not known. */
  until: string | null
  problems: { count: number; told: string[] }
}

/** Reads everything that the manifests of a target name, and holds it against its hashes. */
export class TargetCheck {
  private readonly report: TargetReport = {
    ...{ snapshots: 0, segments: 0, chunks: 0, blobs: 0, until: null },
    problems: { count: 0, told: [] },
  }
  /** What was read already: manifests share most of it. */
  private readonly chunks = new Set<string>()
  private readonly blobs = new Set<string>()
  private readonly store: ChunkStore

  constructor(
    private readonly target: BackupTarget,
    private readonly onProgress: (objects: number) => void,
  ) {
    this.store = new ChunkStore(target)
  }

  async run(): Promise<TargetReport> {
    const { report } = this
    const ids = await listManifests(this.target)
    if (ids.length === 0) this.add(`there is no backup in ${this.target.name}`)
    for (const id of ids) {
      report.snapshots++
      await this.during(async () => this.checkManifest(await readManifest(this.target, id)))
    }
    if (report.problems.count === 0) {
      let until = Date.parse((await generationFor(this.target, null)).manifest.time)
      for await (const { segment } of stepsTo(this.target, await generationFor(this.target, null), null))
        until = Math.max(until, segment.time)
      report.until = new Date(until).toISOString()
    }
    return report
  }

  private async checkManifest(manifest: Manifest): Promise<void> {
    const { database, files, blobs } = manifest
    for (const { chunks } of [database, ...files, ...(blobs.store === 'disk' ? [blobs] : [])])
      await inParallel(chunks.length, (n) => this.checkChunk(chunks[n]!))
    if (blobs.store === 'disk')
      await this.during(async () => {
        for await (const blob of readBlobList(this.store, blobs)) await this.checkBlob(blob)
      })
    await this.during(async () => {
      const segments = await countSegments(this.target, manifest.id)
      for await (const { segment } of stepsTo(this.target, { manifest, segments }, null)) {
        this.report.segments++
        this.tick()
        for (const blob of segment.blobs) await this.checkBlob(blob)
      }
    })
  }

  private async checkChunk(digest: string): Promise<void> {
    if (this.chunks.has(digest)) return
    this.chunks.add(digest)
    this.report.chunks++
    await this.during(async () => void (await this.store.get(digest)))
    this.tick()
  }

  private async checkBlob({ digest }: KeptBlob): Promise<void> {
    if (this.blobs.has(digest)) return
    this.blobs.add(digest)
    this.report.blobs++
    const name = blobName(digest)
    const source = await this.target.open(name)
    if (!source) this.add(`${name} is missing`)
    else
      try {
        for await (const piece of checked(source, digest)) void piece
      } catch (error) {
        const { message } = error as Error
        this.add(message.startsWith(name) ? message : `${name} is damaged: ${message}`)
      }
    this.tick()
  }

  private async during(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof BackupProblem)) throw error
      this.add(error.message)
    }
  }

  private tick(): void {
    const { segments, chunks, blobs } = this.report
    this.onProgress(segments + chunks + blobs)
  }

  private add(problem: string): void {
    if (this.report.problems.count++ < MAX_TOLD) this.report.problems.told.push(problem)
  }
}
