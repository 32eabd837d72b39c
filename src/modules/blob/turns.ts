import { XrpcError } from '../xrpc/xrpc-error.js'

/** Bounds on work that is done at the same time. */
export interface TurnLimits {
  atOnce: number
  /** Of one key: so that one that is slow leaves room for the others. */
  ofOneKey: number
  waiting: number
}

/** Work that waits for its turn, first come, first served, as far as the key of the work has room. */
export class Turns {
  private readonly running = new Map<string, number>()
  private total = 0
  private readonly waiting: { key: string; start: () => void }[] = []

  constructor(private readonly limits: TurnLimits) {}

  /** Does the work when its turn has come. @throws XrpcError 503 NotEnoughResources when too many wait already. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.hasRoom(key)) this.begin(key)
    else if (this.waiting.length < this.limits.waiting)
      await new Promise<void>((start) => this.waiting.push({ key, start }))
    else throw new XrpcError(503, 'NotEnoughResources', 'too many requests of this kind at once')
    try {
      return await work()
    } finally {
      this.end(key)
    }
  }

  private hasRoom(key: string): boolean {
    return this.total < this.limits.atOnce && (this.running.get(key) ?? 0) < this.limits.ofOneKey
  }

  private begin(key: string): void {
    this.total++
    this.running.set(key, (this.running.get(key) ?? 0) + 1)
  }

  private end(key: string): void {
    this.total--
    const left = this.running.get(key)! - 1
    if (left > 0) this.running.set(key, left)
    else this.running.delete(key)
    const next = this.waiting.findIndex((one) => this.hasRoom(one.key))
    if (next < 0) return
    const [{ key: nextKey, start }] = this.waiting.splice(next, 1) as [(typeof this.waiting)[number]]
    this.begin(nextKey)
    start()
  }
}
