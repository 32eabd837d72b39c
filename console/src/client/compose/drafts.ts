import { computed, effect, signal } from '@preact/signals'
import { account } from '../../api/account.js'
import type { Occasion } from './composing.js'

const MOST = 20

/** What has been written and not posted, by its occasion; the newest last. */
type Drafts = Record<string, string>

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

/** The text of an occasion, kept from one visit to the next until it is posted. Each field for it shows the same. */
export function useDraft({ replyTo, quote }: Occasion): [text: string, setText: (text: string) => void] {
  const occasion = `${replyTo?.uri ?? ''} ${quote?.uri ?? ''}`
  return [
    drafts.value[occasion] ?? '',
    (text) => {
      const { [occasion]: _, ...others } = drafts.value
      const kept = Object.entries(text === '' ? others : { ...others, [occasion]: text }).slice(-MOST)
      drafts.value = Object.fromEntries(kept)
      if (place.value) keep(place.value)
    },
  ]
}

/** A browser that has no room for it keeps it for as long as this window is open. */
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
