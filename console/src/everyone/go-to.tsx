import { useLocation } from 'preact-iso'
import { Fault } from '../api/fault.js'
import { Field, Form, textOf } from '../ui/form.js'
import { useAction } from '../ui/use-action.js'
import { pathOfWords } from './places.js'

/** A line that takes one to whatever is named in it. */
export function GoTo() {
  const { route } = useLocation()
  const action = useAction(async (form: FormData) => {
    const path = pathOfWords(textOf(form, 'what'))
    if (!path)
      throw new Fault(400, 'InvalidRequest', 'That is no handle (alice.example.com), DID (did:plc:…) or at:// address')
    route(path)
  })
  return (
    <Form action={action} submit="Go">
      <Field
        label="Go to"
        name="what"
        placeholder="alice.example.com, did:plc:…, at://…"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        required
      />
    </Form>
  )
}
