import type { JSX } from 'preact'
import { useId } from 'preact/hooks'

/** Several lines to fill in, with their name above and, where that does not say all, a word about them below. */
export function TextField({
  label,
  hint,
  ...area
}: { label: string; hint?: string } & JSX.IntrinsicElements['textarea']) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea id={id} aria-describedby={hint ? `${id}-hint` : undefined} {...area} />
      {hint ? <small id={`${id}-hint`}>{hint}</small> : null}
    </div>
  )
}
