/** A part of a text that means something (app.bsky.richtext.facet); places are bytes of UTF-8. */
export interface Facet {
  index: { byteStart: number; byteEnd: number }
  features: [Record<string, string>]
}

/** The mentions (`@handle`), tags and links of a text; `didOf` gives null for a handle of nobody. */
export function facetsOf(text: string, didOf: (handle: string) => string | null): Facet[] {
  return [...text.matchAll(/@[a-z0-9.-]*[a-z0-9]|#\w+|https:\/\/\S+/g)].flatMap(({ 0: found, index }) => {
    const feature = featureOf(found, didOf)
    if (feature === null) return []
    const byteStart = Buffer.byteLength(text.slice(0, index))
    return [
      { index: { byteStart, byteEnd: byteStart + Buffer.byteLength(found) }, features: [feature] as Facet['features'] },
    ]
  })
}

function featureOf(found: string, didOf: (handle: string) => string | null): Facet['features'][0] | null {
  if (found.startsWith('#')) return { $type: 'app.bsky.richtext.facet#tag', tag: found.slice(1) }
  if (!found.startsWith('@')) return { $type: 'app.bsky.richtext.facet#link', uri: found }
  const did = didOf(found.slice(1))
  return did === null ? null : { $type: 'app.bsky.richtext.facet#mention', did }
}
