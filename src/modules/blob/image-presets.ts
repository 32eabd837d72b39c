/** The sizes that views name. `cover`: cut to the shape of the size · `inside`: as it is, no side longer. */
export interface ImagePreset {
  width: number
  height: number
  fit: 'cover' | 'inside'
}

/** Those of app.bsky's AppView, and its small avatar. Nothing is made larger than it is. */
export const IMAGE_PRESETS: ReadonlyMap<string, ImagePreset> = new Map([
  ['avatar', { width: 1000, height: 1000, fit: 'cover' }],
  ['avatar_thumbnail', { width: 128, height: 128, fit: 'cover' }],
  ['banner', { width: 3000, height: 1000, fit: 'cover' }],
  ['feed_thumbnail', { width: 2000, height: 2000, fit: 'inside' }],
  ['feed_fullsize', { width: 1000, height: 1000, fit: 'inside' }],
])

export type ImageFormat = 'jpeg' | 'png' | 'webp'

/** An image that a URL asks for: whose, which, and how. */
export interface AskedImage {
  cid: string
  name: string
  preset: ImagePreset
  format: ImageFormat
}

/** Reads `<preset>` and `<cid>[@format]` of a URL; without a format it is a JPEG. Null for what is neither. */
export function askedImage(name: string, file: string): AskedImage | null {
  const preset = IMAGE_PRESETS.get(name)
  const [, cid, format = 'jpeg'] = /^(\w+)(?:@(jpeg|png|webp))?$/.exec(file) ?? []
  return preset && cid !== undefined ? { cid, name, preset, format: format as ImageFormat } : null
}
