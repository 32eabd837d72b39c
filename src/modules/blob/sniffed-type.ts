import { mediaTypeOf, UNKNOWN } from './media-type.js'

/** How many bytes at the start of a blob {@link sniffedType} wants to see. */
export const HEAD_BYTES = 16 * 1024

/** The media type of a file by its first bytes; null where they do not tell. */
export async function sniffedType(head: Buffer): Promise<string | null> {
  // Loaded when it is first needed: it knows many formats.
  const { fileTypeFromBuffer } = await import('file-type')
  const found = await fileTypeFromBuffer(head).catch(() => undefined)
  if (found) return found.mime
  // It wants to see more than the beginning of some files that begin like nothing else.
  const type = mediaTypeOf(head)
  return type === UNKNOWN ? null : type
}

const TYPE = /^\s*([a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127})\s*(?:;|$)/i

/** The type in a Content-Type header, without its parameters; null for what is none. */
export function declaredType(header: string | undefined): string | null {
  return TYPE.exec(header ?? '')?.[1]?.toLowerCase() ?? null
}
