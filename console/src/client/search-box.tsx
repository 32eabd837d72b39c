import { useLocation } from 'preact-iso'
import { useId, useState } from 'preact/hooks'
import { profilePath } from './links.js'
import { Candidates, candidatesOf } from './people/candidates.js'
import { useTypeahead } from './people/use-typeahead.js'

/** A field to search by, which names people while one types; the arrow keys choose among them. */
export function SearchBox({ query, onSearch }: { query: string; onSearch: (query: string) => void }) {
  const { route } = useLocation()
  const id = useId()
  const [text, setText] = useState(query)
  const q = text.trim()
  // What has been looked for, and what is about posts, is nobody's name.
  const typeahead = useTypeahead(q === query || /^[#"-]|:/.test(q) ? null : q, -1)
  const onSubmit = (event: Event): void => {
    event.preventDefault()
    const person = typeahead.people[typeahead.at]
    typeahead.forget()
    if (person) route(profilePath(person))
    else onSearch(q)
  }
  return (
    <form role="search" class="search" onSubmit={onSubmit}>
      <label for={id} class="unseen">
        Search
      </label>
      <input
        id={id}
        type="search"
        role="combobox"
        list={undefined}
        autocomplete="off"
        placeholder="People and posts"
        value={text}
        maxLength={200}
        aria-expanded={typeahead.people.length > 0}
        {...candidatesOf(`${id}-people`, typeahead)}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (typeahead.onKey(event) && event.key !== 'Escape') event.preventDefault()
        }}
        onBlur={typeahead.forget}
      />
      <button type="submit" class="primary">
        Search
      </button>
      <Candidates id={`${id}-people`} of={typeahead} onTake={(person) => route(profilePath(person))} />
    </form>
  )
}
