import type { Placed } from './place-tree.js'

/** Where a key leads from an item: to its neighbours, into it, or out of it; null for a key that leads nowhere. */
export function stepFrom(place: Placed, key: string): Placed | null {
  const row = place.parent?.below ?? [place]
  const at = row.indexOf(place)
  switch (key) {
    case 'ArrowRight':
      return row[at + 1] ?? place
    case 'ArrowLeft':
      return row[at - 1] ?? place
    case 'ArrowDown':
      return place.below[0] ?? place
    case 'ArrowUp':
      return place.parent ?? place
    case 'Home':
      return row[0]!
    case 'End':
      return row.at(-1)!
    default:
      return null
  }
}
