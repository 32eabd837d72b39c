import { useEffect, useRef, useState } from 'preact/hooks'
import { handleOf, profilesOf } from './repos.js'

/** As many as are asked for at a time, and how often, in milliseconds. */
const BATCH = 25
const EVERY = 500
/** Handles are kept for so many DIDs while the page is open. */
const KEPT = 2_000

/**
 * The handles of some DIDs, as far as they are known by now; the others are asked for, a few at a time. Null: it has none that
 * is known here.
 */
export function useHandles(dids: readonly string[]): ReadonlyMap<string, string | null> {
  const [known, setKnown] = useState<ReadonlyMap<string, string | null>>(new Map())
  const missing = useRef<string[]>([])
  missing.current = [...new Set(dids)].filter((did) => did !== '' && !known.has(did)).slice(0, BATCH)
  useEffect(() => {
    let isAsking = false
    const ask = async (): Promise<void> => {
      const wanted = missing.current
      if (isAsking || wanted.length === 0) return
      isAsking = true
      const profiles = await profilesOf(wanted).catch(() => new Map<string, { handle: string }>())
      isAsking = false
      const found = wanted.map((did) => [did, handleOf(profiles.get(did))] as const)
      setKnown((known) => new Map([...known, ...found].slice(-KEPT)))
    }
    const timer = setInterval(() => void ask(), EVERY)
    return () => clearInterval(timer)
  }, [])
  return known
}
