import { BackupProblem, type BackupTarget } from './backup-target.js'
import { beginningOf, listManifests, type Manifest, readManifest } from './manifest.js'
import { countSegments, readSegment, recordsUntil, type Segment } from './segment.js'

/** While it is there, whatever a server said last is not its last word. */
export const RUNNING = 'running.json'

/** A generation that leads to a moment. */
export interface Generation {
  manifest: Manifest
  /** How many segments there are. */
  segments: number
}

/** The newest generation that leads to a moment (milliseconds since the epoch), or the newest; @throws BackupProblem without one */
export async function generationFor(target: BackupTarget, at: number | null): Promise<Generation> {
  const ids = await listManifests(target)
  if (ids.length === 0) throw new BackupProblem(`there is no backup in ${target.name}`)
  for (const id of ids.reverse()) {
    // One that began later need not be readable.
    if (at !== null && beginningOf(id) > at) continue
    const manifest = await readManifest(target, id)
    if (at === null || Date.parse(manifest.time) <= at) return { manifest, segments: await countSegments(target, id) }
  }
  throw new BackupProblem(`the backups in ${target.name} do not go back to ${new Date(at!).toISOString()}`)
}

/** A segment, and how many of the records of its pages count. */
export interface Step {
  segment: Segment
  records: number
}

/**
 * The segments that lead from a snapshot to a moment, or to the end, each checked against the one before.
 * @throws BackupProblem for one that is missing, damaged or out of place
 */
export async function* stepsTo(
  target: BackupTarget,
  { manifest, segments }: Generation,
  at: number | null,
): AsyncGenerator<Step> {
  const { id, database } = manifest
  let before: string | null = null
  let last = Date.parse(manifest.time)
  for (let n = 1; n <= Math.max(segments, manifest.segments); n++) {
    const isOptional = n > manifest.segments
    // The ones before have told everything until then.
    if (at !== null && isOptional && last > at) return
    let segment: Segment
    try {
      segment = await readSegment(target, id, n)
    } catch (error) {
      if (!(error instanceof BackupProblem)) throw error
      if (at !== null && isOptional && last === at) return
      const hint = isOptional ? `; what was before can be restored: --at ${new Date(last).toISOString()}` : ''
      throw new BackupProblem(`${error.message}${hint}`)
    }
    if (segment.before !== before) throw new BackupProblem(`segment ${n} of ${id} does not follow on the one before it`)
    if (segment.pageSize !== database.pageSize)
      throw new BackupProblem(`segment ${n} of ${id} has pages of another size`)
    before = segment.digest
    const whole = segment.pages.length / (8 + segment.pageSize)
    const records = at === null || !isOptional ? whole : recordsUntil(segment, at)
    if (records < whole) {
      if (records > 0) yield { segment, records }
      return
    }
    // One without pages is of its own moment.
    if (at !== null && whole === 0 && segment.time > at && isOptional) return
    yield { segment, records }
    last = segment.time
  }
}

/** Whether a server has stopped with its last segment, and none has run since. */
export async function endsClean(target: BackupTarget, { manifest, segments }: Generation): Promise<boolean> {
  if (segments === 0) return false
  return (await readSegment(target, manifest.id, segments)).clean && (await target.storedAt(RUNNING)) === null
}
