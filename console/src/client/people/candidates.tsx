import { Avatar, nameOf } from './person.js'
import type { Candidate, Typeahead } from './use-typeahead.js'

/** What a field says of its list (`id` names the list), for those who hear it. */
export function candidatesOf(id: string, { people, at }: Typeahead) {
  return {
    'aria-controls': id,
    'aria-autocomplete': 'list',
    'aria-activedescendant': people[at] ? `${id}-${at}` : undefined,
  } as const
}

/** The people of a {@link Typeahead}, under the field that they are for. The keyboard stays in the field. */
export function Candidates({
  id,
  of: { people, at },
  onTake,
}: {
  id: string
  of: Typeahead
  onTake: (person: Candidate) => void
}) {
  return (
    <ul id={id} class="candidates" role="listbox" aria-label="People" hidden={people.length === 0}>
      {people.map((person, index) => (
        <li
          key={person.did}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === at}
          // The field would lose the keyboard, and the list with it.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(person)}
        >
          <Avatar of={person} />
          <bdi class="name">{nameOf(person)}</bdi> <bdi class="handle">@{person.handle}</bdi>
        </li>
      ))}
    </ul>
  )
}
