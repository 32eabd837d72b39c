import { useEffect, useState } from 'preact/hooks'

/** What the viewer has changed in this window, by what it is of; `at` counts, so that the later is known. */
const changed = new Map<string, { at: number; patch: object }>()
/** When each view came from the server. One that is shown again later is as old as it was. */
const cameAt = new WeakMap<object, number>()
let moment = 0

/**
 * A view as it is by now: as the server told it, and with what the viewer has done since, here or where the same is shown as
 * well. Gives the view, and what changes some of its fields.
 */
export function useLatest<View extends object>(
  of: string,
  view: View,
): [now: View, change: (how: (now: View) => Partial<View>) => void] {
  const [now, setNow] = useState(() => latest(of, view))
  useEffect(() => setNow(latest(of, view)), [view])
  return [
    now,
    (how) => {
      const before = latest(of, view)
      const patch = how(before)
      changed.set(of, { at: ++moment, patch: { ...(isNewer(of, view) ? changed.get(of)!.patch : {}), ...patch } })
      setNow({ ...before, ...patch })
    },
  ]
}

function latest<View extends object>(of: string, view: View): View {
  if (!cameAt.has(view)) cameAt.set(view, ++moment)
  return isNewer(of, view) ? { ...view, ...changed.get(of)!.patch } : view
}

/** Whether the viewer has changed it since it came. */
function isNewer(of: string, view: object): boolean {
  return (changed.get(of)?.at ?? 0) > cameAt.get(view)!
}
