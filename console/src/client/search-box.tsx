import type { AppBskyActorDefs } from '@atproto/api'
import { useLocation } from 'preact-iso'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { agent } from '../api/session.js'
import { profilePath } from './links.js'
import { Avatar, nameOf } from './people/person.js'

const PAUSE_MS = 150

/** A field to search by, which names people while one types; the arrow keys choose among them. */
export function SearchBox({ query, onSearch }: { query: string; onSearch: (query: string) => void }) {
  const { route } = useLocation()
  const id = useId()
  const [text, setText] = useState(query)
  const [chosen, setChosen] = useState(-1)
  const { people, forget } = useTypeahead(text, query)
  const open = people.length > 0
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') forget()
    if (!open || (event.key !== 'ArrowDown' && event.key !== 'ArrowUp')) return
    event.preventDefault()
    const by = event.key === 'ArrowDown' ? 1 : -1
    // One place more than there are people: the field itself.
    setChosen(((chosen + 1 + by + people.length + 1) % (people.length + 1)) - 1)
  }
  const onSubmit = (event: Event): void => {
    event.preventDefault()
    const person = people[chosen]
    forget()
    if (person) route(profilePath(person))
    else onSearch(text.trim())
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
        aria-expanded={open}
        aria-controls={`${id}-people`}
        aria-autocomplete="list"
        aria-activedescendant={people[chosen] ? `${id}-${chosen}` : undefined}
        onInput={(event) => {
          setText(event.currentTarget.value)
          setChosen(-1)
        }}
        onKeyDown={onKeyDown}
        onBlur={forget}
      />
      <button type="submit" class="primary">
        Search
      </button>
      <ul id={`${id}-people`} role="listbox" aria-label="People" hidden={!open}>
        {people.map((person, index) => (
          <li
            key={person.did}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            // Before the field loses the keyboard, and the list with it.
            onPointerDown={(event) => {
              event.preventDefault()
              route(profilePath(person))
            }}
          >
            <Avatar of={person} />
            <bdi class="name">{nameOf(person)}</bdi> <bdi class="handle">@{person.handle}</bdi>
          </li>
        ))}
      </ul>
    </form>
  )
}

/** Who might be meant, a moment after the last key. Nothing for `done`, which has been looked for. */
function useTypeahead(text: string, done: string): { people: AppBskyActorDefs.ProfileViewBasic[]; forget: () => void } {
  const [people, setPeople] = useState<AppBskyActorDefs.ProfileViewBasic[]>([])
  const turn = useRef(0)
  useEffect(() => {
    const mine = ++turn.current
    const q = text.trim()
    if (q === '' || q === done || /^[#"-]|:/.test(q)) return setPeople([])
    const timer = setTimeout(() => {
      agent
        .searchActorsTypeahead({ q, limit: 6 })
        .then(({ data }) => mine === turn.current && setPeople(data.actors))
        .catch(() => undefined)
    }, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, done])
  return {
    people,
    forget() {
      turn.current++
      setPeople([])
    },
  }
}
