import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { withQuery } from '../api/call.js'
import { explorePath, pathOfUri } from '../everyone/places.js'
import { didOf } from '../everyone/repos.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { Section } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'
import { ActionsOf } from './actions-of.js'
import { OperatorFrame } from './operator-frame.js'
import { Takedown, type TakedownSubject } from './takedown.js'

/** Takes down whatever has a name, reported or not. `?subject=` says what. */
export default function TakedownPage() {
  return (
    <OperatorFrame title="Takedown">
      <Choosing />
    </OperatorFrame>
  )
}

function Choosing() {
  const { query, route } = useLocation()
  const wanted = query.subject ?? ''
  const look = useAction(async (form: FormData) =>
    route(withQuery('/operator/takedown', { subject: textOf(form, 'subject') })),
  )
  return (
    <>
      <Form key={wanted} action={look} submit="Look">
        <Field
          label="An account, a record, or a file"
          name="subject"
          defaultValue={wanted}
          placeholder="alice.example.com, at://…, did:plc:…/bafkrei…"
          hint="A handle or DID; the at-uri of a record; or a DID, a slash, and the CID of one of its blobs"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          required
        />
      </Form>
      {wanted ? <Chosen key={wanted} words={wanted} /> : null}
    </>
  )
}

function Chosen({ words }: { words: string }) {
  const subject = useLoad(() => subjectOf(words), [words])
  const [changes, setChanges] = useState(0)
  return (
    <Loaded of={subject}>
      {(subject) => {
        const { name, href } = placeOf(subject)
        return (
          <>
            <Section title="What it is">
              <p>
                {href ? (
                  <a href={href}>
                    <code>{name}</code>
                  </a>
                ) : (
                  <code>{name}</code>
                )}
              </p>
              <Takedown subject={subject} onChange={() => setChanges(changes + 1)} />
            </Section>
            <Section title="What was done">
              <ActionsOf key={changes} subject={name} />
            </Section>
          </>
        )
      }}
    </Loaded>
  )
}

/** What somebody means by a handle, a DID, an at-uri, or a DID with a CID behind a slash. @throws Fault for a handle of nobody */
async function subjectOf(words: string): Promise<TakedownSubject> {
  const [, blobOwner, blob] = /^(did:[^/]+)\/([^/]+)$/.exec(words) ?? []
  if (blobOwner && blob) return { did: blobOwner, blob }
  const [actor = '', ...path] = words.replace(/^(at:\/\/|@)/, '').split('/')
  const did = await didOf(actor)
  return path.length > 0 ? { uri: `at://${did}/${path.join('/')}` } : { did }
}

/** The name under which actions on it are noted, and where it can be looked at. */
function placeOf(subject: TakedownSubject): { name: string; href: string | null } {
  if ('uri' in subject) return { name: subject.uri, href: pathOfUri(subject.uri) }
  return { name: 'blob' in subject ? `${subject.did}/${subject.blob}` : subject.did, href: explorePath(subject.did) }
}
