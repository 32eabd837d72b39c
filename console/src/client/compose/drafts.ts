import { useState } from 'preact/hooks'
import { ownDid } from '../../api/account.js'
import type { Occasion } from './composing.js'

const MOST = 20

/** What has been written and not posted, by its occasion; the newest last. It stays in this browser. */
type Drafts = Record<string, string>

/** The text of an occasion, kept from one visit to the next until it is posted. */
export function useDraft({ replyTo, quote }: Occasion): [text: string, setText: (text: string) => void] {
  const place = `skylog.drafts.${ownDid()}`
  const occasion = `${replyTo?.uri ?? ''} ${quote?.uri ?? ''}`
  const [text, setText] = useState(() => draftsAt(place)[occasion] ?? '')
  return [
    text,
    (text) => {
      setText(text)
      const { [occasion]: _, ...others } = draftsAt(place)
      const drafts = Object.entries(text === '' ? others : { ...others, [occasion]: text }).slice(-MOST)
      if (drafts.length > 0) localStorage.setItem(place, JSON.stringify(Object.fromEntries(drafts)))
      else localStorage.removeItem(place)
    },
  ]
}

function draftsAt(place: string): Drafts {
  try {
    const drafts = JSON.parse(localStorage.getItem(place) ?? '{}') as Drafts | null
    return drafts !== null && typeof drafts === 'object' ? drafts : {}
  } catch {
    return {}
  }
}
