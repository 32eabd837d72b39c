/**
 * What was used lately, bounded in number: at most `max` entries, at least the `max / 2` used last. Two generations: when
 * the young one is full it becomes the old one, and what was old and not used meanwhile goes. A hit costs a look into a
 * Map; pages are made of hundreds.
 */
export class Recent<Value> {
  private young = new Map<string, Value>()
  private old = new Map<string, Value>()
  private readonly half: number

  constructor(max: number) {
    this.half = Math.ceil(max / 2)
  }

  get(key: string): Value | undefined {
    const value = this.young.get(key)
    if (value !== undefined) return value
    const older = this.old.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: string, value: Value): void {
    if (this.young.size >= this.half) {
      this.old = this.young
      this.young = new Map()
    }
    this.young.set(key, value)
  }
}
