/** Bytes of a representation, the first and the last included. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * What a Range header asks for of `size` bytes (RFC 9110, section 14). Null: all of it, because there is no header, it is
 * malformed, or it names several ranges or another unit, each of which may be ignored. `unsatisfiable`: nothing that is there.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const [, first, last] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || first + last === '') return null
  // A number beyond all bounds is Infinity, which compares as it should.
  if (first === '') {
    if (Number(last) === 0) return 'unsatisfiable'
    return size === 0 ? null : { start: Math.max(0, size - Number(last)), end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? Infinity : Number(last)
  if (end < start) return null
  return start < size ? { start, end: Math.min(end, size - 1) } : 'unsatisfiable'
}
