/**
 * The bound of an LRUCache that holds many entries when much is going on, and few before: so many of them, for which room is
 * made as they come. `max` would set aside megabytes at the start of a server, and take the time of that.
 */
export function upTo(entries: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 }
}
