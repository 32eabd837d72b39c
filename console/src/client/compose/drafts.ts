import { computed, effect, signal } from '@preact/signals'
import { account } from '../../api/account.js'
import { nameOfOccasion, type Occasion } from './composing.js'
import type { Gate } from './publish.js'

const MOST = 20

/** What has been written and not posted. */
export interface Draft {
  text: string
  gate: Gate
  warning: string
}

const EMPTY: Draft = { text: '', gate: 'everybody', warning: '' }

/** By occasion, the newest last. */
type Drafts = Record<string, Partial<Draft>>

/** The drafts of whoever is signed in, wherever they are shown. They are kept in this browser. */
const drafts = signal<Drafts>({})

const place = computed(() => account.value && `skylog.drafts.${account.value.did}`)

effect(() => {
  drafts.value = place.value ? draftsAt(place.value) : {}
})
// Another window of this browser has written on, or has posted it.
addEventListener('storage', ({ key }) => {
  if (key !== null && key === place.value) drafts.value = draftsAt(key)
})

/** The draft of an occasion, kept from one visit to the next until it is posted. All fields for it show the same. */
export function useDraft(of: Occasion): { draft: Draft; change: (patch: Partial<Draft>) => void; clear: () => void } {
  const name = nameOfOccasion(of)
  const draft = { ...EMPTY, ...drafts.value[name] }
  const change = (patch: Partial<Draft>): void => {
    const { [name]: before, ...others } = drafts.value
    const changed = { ...EMPTY, ...before, ...patch }
    const isEmpty = Object.entries(EMPTY).every(([part, empty]) => changed[part as keyof Draft] === empty)
    drafts.value = Object.fromEntries(Object.entries(isEmpty ? others : { ...others, [name]: changed }).slice(-MOST))
    if (place.value) keep(place.value)
  }
  return { draft, change, clear: () => change(EMPTY) }
}

/** A browser that has no room for it has it for as long as this window is open. */
function keep(place: string): void {
  try {
    if (Object.keys(drafts.value).length > 0) localStorage.setItem(place, JSON.stringify(drafts.value))
    else localStorage.removeItem(place)
  } catch {
    localStorage.removeItem(place)
  }
}

function draftsAt(place: string): Drafts {
  try {
    const drafts = JSON.parse(localStorage.getItem(place) ?? '{}') as Drafts | null
    return drafts !== null && typeof drafts === 'object' ? drafts : {}
  } catch {
    return {}
  }
}
