import { computed, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Figures } from '../../../src/modules/metrics/figures.js'
import { ask, operator } from '../api/operator.js'
import { Fault } from '../api/fault.js'

/** How often the server is asked, and for how long back what it said is kept: an hour. */
const EVERY_MS = 5_000
const KEPT = 720
/** Where more time than this lies between two answers, nothing is known of what was between them. */
const GAP_MS = 4 * EVERY_MS

/** What the server has said of itself since these pages were opened, the newest last. */
const history = signal<Figures[]>([])
export const figuresFault = signal<Fault | undefined>(undefined)
/** The newest. */
export const figures = computed(() => history.value.at(-1))

/** A moment of the plots, in milliseconds, and what was said then; null: the line breaks here. */
interface Moment {
  at: number
  said: Figures | null
}

const moments = computed(() =>
  history.value.flatMap((said, i, all): Moment[] => {
    const before = all[i - 1]
    const at = Date.parse(said.at)
    // After a restart everything is counted anew.
    const isBroken = before && (at - Date.parse(before.at) > GAP_MS || before.startedAt !== said.startedAt)
    return [...(isBroken ? [{ at: at - 1, said: null }] : []), { at, said }]
  }),
)

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
      // A clock that was set back would have the lines go back.
      history.value = [...history.value.filter(({ at }) => at < said.at), said].slice(-KEPT)
      figuresFault.value = undefined
    }
  } catch (error) {
    figuresFault.value = Fault.of(error)
  }
  clearTimeout(timer)
  if (users > 0) timer = setTimeout(() => void look(), EVERY_MS)
}

/** When what is drawn was said, in milliseconds. */
export const times = computed(() => moments.value.map(({ at }) => at))

/** A number at each of {@link times}. */
export function values(of: (figures: Figures) => number | null): (number | null)[] {
  return moments.value.map(({ said }) => said && of(said))
}

/** How fast a count grew up to each of {@link times}, per second; nothing is known at the first. */
export function rates(of: (figures: Figures) => number): (number | null)[] {
  return moments.value.map(({ at, said }, i, all) => {
    const before = all[i - 1]
    if (!said || !before?.said) return null
    return Math.max(0, of(said) - of(before.said)) / ((at - before.at) / 1000)
  })
}
