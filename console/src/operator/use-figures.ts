import { computed, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Figures } from '../../../src/modules/metrics/figures.js'
import { ask, operator } from '../api/operator.js'
import { Fault } from '../api/fault.js'

/** How often the server is asked, and for how long back what it said is kept: an hour. */
const EVERY_MS = 5_000
const KEPT = 720

/** What the server has said of itself since these pages were opened, the newest last. */
export const history = signal<Figures[]>([])
export const figuresFault = signal<Fault | undefined>(undefined)
/** The newest. */
export const figures = computed(() => history.value.at(-1))

let users = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** Asks the server how it does for as long as a page shows that. All pages share what was said. */
export function useFigures(): void {
  useEffect(() => {
    if (users++ === 0) void look()
    return () => {
      if (--users === 0) clearTimeout(timer)
    }
  }, [])
}

async function look(): Promise<void> {
  try {
    if (operator.value) {
      const said = await ask<Figures>('/admin/figures')
      const before = history.value.at(-1)
      // After a restart everything is counted anew.
      history.value = [...(before?.startedAt === said.startedAt ? history.value : []), said].slice(-KEPT)
      figuresFault.value = undefined
    }
  } catch (error) {
    figuresFault.value = Fault.of(error)
  }
  clearTimeout(timer)
  if (users > 0) timer = setTimeout(() => void look(), EVERY_MS)
}

/** The moments of {@link history}, in milliseconds. */
export const times = computed(() => history.value.map(({ at }) => Date.parse(at)))

/** A number at each moment. */
export function values(of: (figures: Figures) => number | null): (number | null)[] {
  return history.value.map(of)
}

/** How fast a count grew up to each moment, per second; nothing is known at the first. */
export function rates(of: (figures: Figures) => number): (number | null)[] {
  return history.value.map((said, i, all) => {
    const before = all[i - 1]
    if (!before) return null
    const seconds = (Date.parse(said.at) - Date.parse(before.at)) / 1000
    return seconds > 0 ? Math.max(0, of(said) - of(before)) / seconds : null
  })
}
