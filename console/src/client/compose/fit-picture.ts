/** A picture as it will be uploaded. */
export interface FittedPicture {
  blob: Blob
  width: number
  height: number
}

export interface PictureLimits {
  maxBytes: number
  maxSide: number
  /** WebP keeps what is transparent; a JPEG is on white. */
  type: 'image/webp' | 'image/jpeg'
}

/** What a picture of a post may be (app.bsky.embed.images), and the most that the server shows of it. */
export const POST_PICTURE: PictureLimits = { maxBytes: 2_000_000, maxSide: 2000, type: 'image/webp' }
/** What a picture of a profile may be (app.bsky.actor.profile). */
export const PROFILE_PICTURE: PictureLimits = { maxBytes: 1_000_000, maxSide: 1500, type: 'image/jpeg' }

const QUALITIES = [0.9, 0.8, 0.7, 0.55]

/**
 * Makes a picture small enough, in size and in bytes. It is always written anew, which leaves out what a camera has noted in
 * the file, the place among it.
 * @throws Error when the file is no picture that the browser can read
 */
export async function fitPicture(file: Blob, { maxBytes, maxSide, type }: PictureLimits): Promise<FittedPicture> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error('This file is no picture that this browser can read')
  })
  try {
    for (let scale = Math.min(1, maxSide / Math.max(bitmap.width, bitmap.height)); ; scale *= 0.75) {
      const canvas = document.createElement('canvas')
      canvas.width = Math.max(1, Math.round(bitmap.width * scale))
      canvas.height = Math.max(1, Math.round(bitmap.height * scale))
      for (const quality of QUALITIES) {
        const blob = await encode(bitmap, canvas, type, quality)
        if (blob.size <= maxBytes) return { blob, width: canvas.width, height: canvas.height }
      }
    }
  } finally {
    bitmap.close()
  }
}

/** A browser that cannot write WebP writes a JPEG. */
async function encode(
  bitmap: ImageBitmap,
  canvas: HTMLCanvasElement,
  type: PictureLimits['type'],
  quality: number,
): Promise<Blob> {
  const pen = canvas.getContext('2d')!
  pen.clearRect(0, 0, canvas.width, canvas.height)
  if (type === 'image/jpeg') {
    pen.fillStyle = '#ffffff'
    pen.fillRect(0, 0, canvas.width, canvas.height)
  }
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality))
  if (!blob) throw new Error('The picture is too large for this browser')
  return blob.type === type ? blob : encode(bitmap, canvas, 'image/jpeg', quality)
}
