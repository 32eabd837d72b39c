import { useLocation } from 'preact-iso'
import { withQuery } from '../api/call.js'
import { Field, Form, textOf } from '../ui/form.js'
import { useAction } from '../ui/use-action.js'
import { pathOfWords } from './places.js'

/** A line that takes one to whatever is named in it; other words are looked for on /explore. `words` stand in it at first. */
export function GoTo({ words }: { words: string }) {
  const { route } = useLocation()
  const action = useAction(async (form: FormData) => {
    const words = textOf(form, 'what')
    route(pathOfWords(words) ?? withQuery('/explore', { q: words }))
  })
  return (
    <Form action={action} submit="Go">
      <Field
        label="Go to"
        name="what"
        defaultValue={words}
        placeholder="alice.example.com, did:plc:…, at://…"
        hint="Other words are looked for in the names and descriptions of everybody who is known here"
        maxLength={500}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        required
      />
    </Form>
  )
}
