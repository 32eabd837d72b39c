/**
 * The way back: each page that was opened, an entry in the history of this window, keeps what its lists held and how far it
 * was scrolled, so that whoever comes back finds it as it was left.
 */
import { effect } from '@preact/signals'
import { account } from '../api/account.js'

interface Left {
  lists: Map<string, unknown>
  scrolled: number
}

/** Entries that are remembered, the one that was changed last at the end. */
const entries = new Map<string, Left>()
const MOST = 30
/** For so many frames a page that is come back to may grow until it is as high as it was, and then still move. */
const COMING = 600
const SETTLING = 60

/** What is remembered is for the eyes of whoever has seen it. */
effect(() => {
  void account.value?.did
  entries.clear()
})

/** The present entry, under a name that it is given when it has none. */
function entry(): Left {
  const state = history.state as { entry?: string } | null
  const name = state?.entry ?? crypto.getRandomValues(new Uint32Array(2)).join('')
  if (!state?.entry) history.replaceState({ ...state, entry: name }, '')
  const left = entries.get(name) ?? { lists: new Map(), scrolled: 0 }
  entries.delete(name)
  entries.set(name, left)
  for (const oldest of entries.keys()) {
    if (entries.size <= MOST) break
    entries.delete(oldest)
  }
  return left
}

/** Keeps a list of the present page. */
export function remember(place: string, list: unknown): void {
  entry().lists.set(place, list)
}

/** What was kept by {@link remember} when this page was left; undefined where one comes for the first time. */
export function recall<List>(place: string): List | undefined {
  return entry().lists.get(place) as List | undefined
}

/** Has pages scrolled to where they were when one comes back to them. The browser would do so before they are there. */
export function keepScrolling(): void {
  history.scrollRestoration = 'manual'
  let restoring: Left | null = null
  const stop = (): void => void (restoring = null)
  addEventListener('scroll', () => {
    if (!restoring) entry().scrolled = scrollY
  })
  for (const moved of ['wheel', 'touchstart', 'pointerdown', 'keydown'])
    addEventListener(moved, stop, { passive: true })
  addEventListener('popstate', () => {
    const left = entry()
    let frames = COMING
    restoring = left
    const step = (): void => {
      if (restoring !== left) return
      // Another page is there by now, or this one has become too low.
      if (entry() !== left || frames-- === 0) return stop()
      if (Math.abs(scrollY - left.scrolled) > 1) scrollTo(0, left.scrolled)
      else frames = Math.min(frames, SETTLING)
      requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })
}
