import type { Cut } from './videos.js'

/** The video itself, beside its playlist. */
export const WHOLE = 'whole.mp4'
/** What a segment is said to last whose length nobody knows; players find out. */
const SOME_SECONDS = 10

/** A segment by its address, seconds, and part of what is there. */
interface Line {
  uri: string
  duration: number
  /** `<length>@<offset>`. */
  range?: string
}

/** The media playlist of a video (RFC 8216). */
export function playlistOf(cut: Cut): string {
  const { map, lines } = linesOf(cut)
  const longest = Math.max(...lines.map(({ duration }) => duration))
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.max(1, Math.ceil(longest))}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    ...(map === null ? [] : [`#EXT-X-MAP:${map}`]),
    ...lines.flatMap(({ uri, duration, range }) => [
      `#EXTINF:${duration.toFixed(6)},`,
      ...(range === undefined ? [] : [`#EXT-X-BYTERANGE:${range}`]),
      uri,
    ]),
    '#EXT-X-ENDLIST',
    '',
  ].join('\n')
}

function linesOf(cut: Cut): { map: string | null; lines: Line[] } {
  if (cut.kind === 'segments')
    return { map: 'URI="init.mp4"', lines: cut.segments.map(({ duration }, i) => ({ uri: `${i}.m4s`, duration })) }
  if (cut.kind === 'whole') return { map: null, lines: [{ uri: WHOLE, duration: SOME_SECONDS }] }
  const { initBytes, size } = cut
  return {
    map: `URI="${WHOLE}",BYTERANGE="${initBytes}@0"`,
    lines: [{ uri: WHOLE, duration: SOME_SECONDS, range: `${size - initBytes}@${initBytes}` }],
  }
}
