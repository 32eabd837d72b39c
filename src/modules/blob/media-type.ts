/** How many bytes at the start of a file {@link mediaTypeOf} wants to see. */
export const SNIFFED_BYTES = 64

/** Of what is none of these. */
export const UNKNOWN = 'application/octet-stream'

/** What a file of the type begins with, after `at` bytes. */
const SIGNATURES: [type: string, signature: string, at?: number][] = [
  ['image/jpeg', '\xff\xd8\xff'],
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/gif', 'GIF87a'],
  ['image/gif', 'GIF89a'],
  ['image/webp', 'WEBP', 8],
  ['audio/wav', 'WAVE', 8],
  ['audio/flac', 'fLaC'],
  ['audio/mpeg', 'ID3'],
  ['audio/ogg', 'OggS'],
]

/** Brands of ISO base media files (ISO/IEC 14496-12) that are no MP4 videos. */
const BRANDS: Record<string, string> = {
  avif: 'image/avif',
  avis: 'image/avif',
  heic: 'image/heic',
  heix: 'image/heic',
  mif1: 'image/heif',
  'M4A ': 'audio/mp4',
  'qt  ': 'video/quicktime',
}

/**
 * The media type of a file by its first bytes: one of the images, sounds and videos that a browser only ever shows or
 * plays, or application/octet-stream. Whatever could carry a script (HTML, SVG, PDF) is the latter.
 */
export function mediaTypeOf(head: Buffer): string {
  const text = head.toString('latin1', 0, SNIFFED_BYTES)
  const isRiff = text.startsWith('RIFF')
  for (const [type, signature, at = 0] of SIGNATURES)
    if (text.startsWith(signature, at) && (at === 0 || isRiff)) return type
  if (text.startsWith('ftyp', 4)) return BRANDS[text.slice(8, 12)] ?? 'video/mp4'
  if (text.startsWith('\x1aE\xdf\xa3')) return text.includes('webm') ? 'video/webm' : 'video/x-matroska'
  return UNKNOWN
}
