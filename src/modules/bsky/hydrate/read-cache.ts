import { Injectable } from '@nestjs/common'
import { Recent } from './recent.js'
import { Changes } from '../../database/changes.js'

/** Keys whose last change is remembered one by one; when there are more, everything counts as changed. */
const REMEMBERED_KEYS = 200_000

/**
 * When answers about a DID or an at-uri last changed. Copies are not thrown away by writes, they are found to be old
 * when they are looked at: a write costs the same however much is kept.
 */
@Injectable()
export class Freshness {
  private clock = 1
  private floor = 0
  private readonly touchedAt = new Map<string, number>()

  constructor(changes: Changes) {
    changes.subscribe((touched) => {
      const at = ++this.clock
      if (touched === null || this.touchedAt.size + touched.size > REMEMBERED_KEYS) {
        this.floor = at
        this.touchedAt.clear()
      } else for (const key of touched) this.touchedAt.set(key, at)
    })
  }

  /** To be taken before something is read that will be kept. */
  now(): number {
    return this.clock
  }

  /** Whether what was read at `at` about `key` still holds. */
  holds(key: string, at: number): boolean {
    return at >= this.floor && at >= (this.touchedAt.get(key) ?? 0)
  }
}

interface Kept<Value> {
  value: Value | null
  at: number
}

/** What was read about single keys, kept in memory for as long as it is true. Null: there is nothing under the key. */
export class ReadCache<Value> {
  private readonly kept: Recent<Kept<Value>>

  constructor(
    max: number,
    private readonly freshness: Freshness,
  ) {
    this.kept = new Recent(max)
  }

  /** Puts what is known under `keys` into `into`, reading at once whatever is not kept. */
  async fill(
    into: Map<string, Value>,
    keys: Iterable<string>,
    read: (missing: string[]) => Promise<Iterable<[string, Value]>>,
  ): Promise<void> {
    const { kept, freshness } = this
    let missing: string[] | undefined
    for (const key of keys) {
      if (into.has(key)) continue
      const found = kept.get(key)
      if (!found || !freshness.holds(key, found.at)) (missing ??= []).push(key)
      else if (found.value !== null) into.set(key, found.value)
    }
    if (!missing) return
    const at = freshness.now()
    const absent = new Set(missing)
    for (const [key, value] of await read([...absent])) {
      absent.delete(key)
      kept.set(key, { value, at })
      into.set(key, value)
    }
    for (const key of absent) kept.set(key, { value: null, at })
  }
}
