import { isTid, tidToMicros } from '../../repo-engine/index.js'

const DAY_MS = 24 * 60 * 60 * 1000
/** Nobody had a TID before that. */
const FIRST_DAY = Date.UTC(2020, 0, 1) / DAY_MS
/** A key may say anything; what it says of a time that is far off is not counted. */
const LAST_DAY = Date.UTC(2100, 0, 1) / DAY_MS

/** How much there was on a day, `YYYY-MM-DD`. */
export interface DayCount {
  day: string
  count: number
}

/** How many records are smaller than so many bytes, and no smaller than half of that. */
export interface SizeClass {
  below: number
  records: number
}

/** What the records of a repository are like, counted as they come by. */
export class RecordFigures {
  private readonly bySize: number[] = []
  private readonly byDay = new Map<number, number>()

  /** Takes a record: its path, and its length in bytes. */
  add(path: string, length: number): void {
    const size = Math.max(0, 32 - Math.clz32(length))
    this.bySize[size] = (this.bySize[size] ?? 0) + 1
    const rkey = path.slice(path.indexOf('/') + 1)
    if (!isTid(rkey)) return
    const day = Math.floor(tidToMicros(rkey) / 1000 / DAY_MS)
    if (day >= FIRST_DAY && day < LAST_DAY) this.byDay.set(day, (this.byDay.get(day) ?? 0) + 1)
  }

  /** From the smallest class that has records to the largest. */
  sizes(): SizeClass[] {
    const from = this.bySize.findIndex((records) => records > 0)
    const classes = Array.from(this.bySize, (records = 0, i) => ({ below: 2 ** i, records }))
    return from < 0 ? [] : classes.slice(from)
  }

  /** Records by the day that their keys name, those whose keys are TIDs, up to `until` (RFC 3339) where that is given. */
  days(until: string | null): DayCount[] {
    const last = until === null ? LAST_DAY : Date.parse(until) / DAY_MS + 1
    return [...this.byDay]
      .filter(([day]) => day <= last)
      .sort(([a], [b]) => a - b)
      .map(([day, count]) => ({ day: new Date(day * DAY_MS).toISOString().slice(0, 10), count }))
  }
}
