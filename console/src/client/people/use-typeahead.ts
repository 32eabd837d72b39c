import type { AppBskyActorDefs } from '@atproto/api'
import { useEffect, useRef, useState } from 'preact/hooks'
import { agent } from '../../api/session.js'

export type Candidate = AppBskyActorDefs.ProfileViewBasic

/** Who might be meant by what somebody types, and which of them is chosen so far. */
export interface Typeahead {
  people: Candidate[]
  /** Where the chosen one stands; -1: nobody is chosen. */
  at: number
  /** Goes up or down by the arrow keys, and takes nobody for an answer by Escape. Whether the key was meant for the list. */
  onKey(event: KeyboardEvent): boolean
  /** Has the list closed until something else is typed. */
  forget(): void
}

const PAUSE_MS = 150
const MOST = 6

/**
 * Asks who might be meant by `q` a moment after the last key; null: nobody is looked for. Answers that come too late are dropped.
 * `begin` is where the choice begins: 0, the likeliest, or -1, what is typed itself. `among` leaves out whom one does not need.
 */
export function useTypeahead(
  q: string | null,
  begin: 0 | -1,
  among = (people: Candidate[], _q: string): Candidate[] => people,
): Typeahead {
  const [people, setPeople] = useState<Candidate[]>([])
  const [at, setAt] = useState<number>(begin)
  const turn = useRef(0)
  const show = (people: Candidate[]): void => {
    setPeople(people)
    setAt(begin)
  }
  const forget = (): void => {
    turn.current++
    show([])
  }
  useEffect(() => {
    const mine = ++turn.current
    if (q === null || q === '') return show([])
    const timer = setTimeout(() => {
      agent
        .searchActorsTypeahead({ q, limit: MOST })
        .then(({ data }) => mine === turn.current && show(among(data.actors, q)))
        .catch(() => undefined)
    }, PAUSE_MS)
    return () => {
      turn.current++
      clearTimeout(timer)
    }
  }, [q])
  return {
    people,
    at,
    forget,
    onKey({ key }) {
      const by = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0
      if (people.length === 0 || (by === 0 && key !== 'Escape')) return false
      if (by === 0) forget()
      else {
        // Round and round; where the choice may begin at what is typed, that is a place of its own.
        const places = people.length - begin
        setAt(((at - begin + by + places) % places) + begin)
      }
      return true
    },
  }
}
