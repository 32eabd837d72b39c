import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Changes } from '../database/changes.js'
import { Database, type Reader } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

/** A preference of any type, those not known here included. */
export interface Preference {
  $type: string
  [key: string]: unknown
}

const NAMESPACE = 'app.bsky.'
/** For the owner alone: what an app password cannot be trusted with. */
const PERSONAL_DETAILS = 'app.bsky.actor.defs#personalDetailsPref'
/** What others may know of them. It is computed, so nobody can set it. */
const DECLARED_AGE = 'app.bsky.actor.defs#declaredAgePref'
/** All of an account's preferences together, as JSON. */
const MAX_BYTES = 256 * 1024

/** The preferences of the apps under app.bsky, kept for them as one list (app.bsky.actor.defs#preferences). */
@Injectable()
export class Preferences {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
  ) {}

  /** In the order in which they were put; `full`: for the owner in person. */
  async of(viewer: Did, full: boolean): Promise<Preference[]> {
    const stored = await read(this.database.read, viewer)
    const birthDate = stored.find(isPersonal)?.birthDate
    const age = typeof birthDate === 'string' ? ageOn(this.clock.iso(), birthDate) : null
    return [
      ...(full ? stored : stored.filter((preference) => !isPersonal(preference))),
      ...(age === null
        ? []
        : [{ $type: DECLARED_AGE, isOverAge13: age >= 13, isOverAge16: age >= 16, isOverAge18: age >= 18 }]),
    ]
  }

  /**
   * Puts these in the place of all that there are; what only `full` may see stays as it is for the others.
   * @throws XrpcError 400 InvalidRequest for another namespace, for what is not the caller's to set, for too much.
   */
  async put(viewer: Did, preferences: readonly Preference[], full: boolean): Promise<void> {
    if (preferences.some(({ $type }) => !$type.startsWith(NAMESPACE)))
      throw invalidRequest('Some preferences are not in the app.bsky namespace')
    if (!full && preferences.some(isPersonal))
      throw invalidRequest(`Do not have authorization to set preferences: ${PERSONAL_DETAILS}`)
    const settable = preferences.filter(({ $type }) => $type !== DECLARED_AGE)
    await this.database.write(async (tx) => {
      await tx.run("INSERT INTO preferences (did, json) VALUES (?, '[]') ON CONFLICT DO NOTHING", viewer)
      const kept = full ? [] : (await read(tx, viewer)).filter(isPersonal)
      const json = JSON.stringify([...kept, ...settable])
      if (Buffer.byteLength(json) > MAX_BYTES) throw invalidRequest(`Preferences are larger than ${MAX_BYTES} bytes`)
      await tx.run('UPDATE preferences SET json = ? WHERE did = ?', json, viewer)
      this.changes.touch(tx, new Set([viewer]))
    })
  }
}

async function read(reader: Reader, viewer: Did): Promise<Preference[]> {
  const row = await reader.get<{ json: string }>('SELECT json FROM preferences WHERE did = ?', viewer)
  return row ? (JSON.parse(row.json) as Preference[]) : []
}

function isPersonal({ $type }: Preference): boolean {
  return $type === PERSONAL_DETAILS
}

/** Whole years from a birth date to a day, both RFC 3339 and taken in UTC; null for what is no date. */
function ageOn(day: string, birthDate: string): number | null {
  const birth = new Date(birthDate)
  if (Number.isNaN(birth.getTime())) return null
  const today = new Date(day)
  const years = today.getUTCFullYear() - birth.getUTCFullYear()
  const months = today.getUTCMonth() - birth.getUTCMonth()
  const hadBirthday = months > 0 || (months === 0 && today.getUTCDate() >= birth.getUTCDate())
  return hadBirthday ? years : years - 1
}
