import { TextField } from '../../ui/text-field.js'
import type { ChosenPictures } from './use-pictures.js'

/** The pictures of a post that is being written, and what is said of them for those who do not see them. */
export function PictureList({ of: { list, describe, remove } }: { of: ChosenPictures }) {
  if (list.length === 0) return null
  return (
    <ul class="chosen">
      {list.map((picture, index) => (
        <li key={picture.url}>
          <img src={picture.url} alt="" />
          <TextField
            label={`What picture ${index + 1} shows`}
            hint="For those who do not see it"
            rows={2}
            maxLength={2000}
            value={picture.alt}
            onInput={(event) => describe(picture, event.currentTarget.value)}
          />
          <button
            type="button"
            class="quiet"
            aria-label={`Remove picture ${index + 1}`}
            onClick={() => remove(picture)}
          >
            Remove
          </button>
        </li>
      ))}
    </ul>
  )
}
