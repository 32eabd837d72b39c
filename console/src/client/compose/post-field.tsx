import type { JSX } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import { say } from '../../app/announcer.js'
import { Candidates, candidatesOf } from '../people/candidates.js'
import { type Candidate, useTypeahead } from '../people/use-typeahead.js'
import { mentionAt } from './mention.js'

/**
 * The field for the text of a post. Behind an @ it names people: the arrow keys choose, Enter and Tab take, Escape goes on
 * without. To screen readers it stays a field of several lines, which a combobox is not.
 */
export function PostField({
  text,
  onText,
  onKeyDown,
  ...area
}: {
  text: string
  onText: (text: string) => void
  onKeyDown: (event: KeyboardEvent) => void
} & Omit<JSX.IntrinsicElements['textarea'], 'onKeyDown'>) {
  const id = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  const [caret, setCaret] = useState<number>()
  const mention = caret === undefined ? null : mentionAt(text, caret)
  const typeahead = useTypeahead(mention && mention.q, 0, mentionable)
  const { people } = typeahead
  const look = (): void => {
    const { selectionStart, selectionEnd } = field.current!
    setCaret(selectionStart === selectionEnd ? selectionStart : undefined)
  }
  const take = ({ handle }: Candidate): void => {
    const { start, end } = mention!
    const space = /^\s/.test(text.slice(end)) ? '' : ' '
    field.current!.setRangeText(handle + space, start, end, 'end')
    typeahead.forget()
    setCaret(undefined)
    onText(field.current!.value)
    say(`@${handle}`)
  }
  const onKey = (event: KeyboardEvent): void => {
    // What is still put together by an input method is its own matter.
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || people.length === 0)
      return onKeyDown(event)
    const isTaking = (event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey
    if (isTaking) take(people[typeahead.at]!)
    if (isTaking || typeahead.onKey(event)) event.preventDefault()
  }
  return (
    <div class="post-field">
      <textarea
        ref={field}
        value={text}
        {...candidatesOf(`${id}-people`, typeahead)}
        aria-haspopup="listbox"
        {...area}
        onInput={(event) => {
          onText(event.currentTarget.value)
          look()
        }}
        onKeyDown={onKey}
        onKeyUp={look}
        onClick={look}
        onBlur={() => {
          typeahead.forget()
          setCaret(undefined)
        }}
      />
      <p class="unseen" role="status">
        {people.length > 0 ? `${people.length} ${people.length === 1 ? 'person' : 'people'} to mention` : null}
      </p>
      <Candidates id={`${id}-people`} of={typeahead} onTake={take} />
    </div>
  )
}

/** Whoever stands there in full needs no help; whoever has no handle that is good cannot be mentioned. */
function mentionable(people: Candidate[], q: string): Candidate[] {
  if (people.some(({ handle }) => handle === q.toLowerCase())) return []
  return people.filter(({ handle }) => handle !== 'handle.invalid')
}
