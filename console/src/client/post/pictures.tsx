import type { AppBskyEmbedImages } from '@atproto/api'
import { useState } from 'preact/hooks'
import { Dialog } from '../../ui/dialog.js'

/** The pictures of a post; each opens in its full size with what is said of it. */
export function Pictures({
  of: images,
}: {
  of: Pick<AppBskyEmbedImages.ViewImage, 'thumb' | 'fullsize' | 'alt' | 'aspectRatio'>[]
}) {
  const [open, setOpen] = useState<number>()
  const shown = open === undefined ? undefined : images[open]
  return (
    <>
      <ul class={`pictures of-${Math.min(images.length, 4)}`}>
        {images.map(({ thumb, alt, aspectRatio }, index) => (
          <li key={index}>
            <button
              type="button"
              class="picture"
              onClick={() => setOpen(index)}
              aria-label={`Open picture: ${alt || 'not described'}`}
            >
              <img src={thumb} alt={alt} width={aspectRatio?.width} height={aspectRatio?.height} loading="lazy" />
            </button>
          </li>
        ))}
      </ul>
      {shown ? (
        <Dialog title="Picture" onClose={() => setOpen(undefined)}>
          <img class="fullsize" src={shown.fullsize} alt={shown.alt} />
          <p dir="auto">{shown.alt || <small>Its author has not described it.</small>}</p>
          {images.length > 1 ? (
            <p class="row">
              <button type="button" aria-disabled={open === 0} onClick={() => setOpen(Math.max(0, open! - 1))}>
                Previous
              </button>
              <button
                type="button"
                aria-disabled={open === images.length - 1}
                onClick={() => setOpen(Math.min(images.length - 1, open! + 1))}
              >
                Next
              </button>
              <small>
                {open! + 1} of {images.length}
              </small>
            </p>
          ) : null}
        </Dialog>
      ) : null}
    </>
  )
}
