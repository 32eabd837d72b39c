/** A picture as it will be uploaded. */
export interface FittedPicture {
  blob: Blob
  width: number
  height: number
}

/** What a picture of a post may be (app.bsky.embed.images), and the most that the server shows of it. */
export const POST_PICTURE = { maxBytes: 2_000_000, maxSide: 2000 }
/** What a picture of a profile may be (app.bsky.actor.profile). */
export const PROFILE_PICTURE = { maxBytes: 1_000_000, maxSide: 1500 }

const QUALITIES = [0.9, 0.8, 0.7, 0.55]

/**
 * Makes a picture small enough, in size and in bytes. It is always written anew, which leaves out what a camera has noted in
 * the file, the place among it.
 * @throws Error when the file is no picture that the browser can read
 */
export async function fitPicture(
  file: Blob,
  { maxBytes, maxSide }: { maxBytes: number; maxSide: number },
): Promise<FittedPicture> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error('This file is no picture that this browser can read')
  })
  try {
    for (let scale = Math.min(1, maxSide / Math.max(bitmap.width, bitmap.height)); ; scale *= 0.75) {
      const canvas = document.createElement('canvas')
      canvas.width = Math.max(1, Math.round(bitmap.width * scale))
      canvas.height = Math.max(1, Math.round(bitmap.height * scale))
      for (const quality of QUALITIES) {
        const blob = await encode(bitmap, canvas, quality)
        if (blob.size <= maxBytes) return { blob, width: canvas.width, height: canvas.height }
      }
    }
  } finally {
    bitmap.close()
  }
}

/** WebP keeps what is transparent; where the browser cannot write it, JPEG on white. */
async function encode(bitmap: ImageBitmap, canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  const pen = canvas.getContext('2d')!
  pen.clearRect(0, 0, canvas.width, canvas.height)
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  const webp = await write(canvas, 'image/webp', quality)
  if (webp.type === 'image/webp') return webp
  pen.fillStyle = '#ffffff'
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return write(canvas, 'image/jpeg', quality)
}

function write(canvas: HTMLCanvasElement, type: string, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large for this browser'))),
      type,
      quality,
    )
  })
}
