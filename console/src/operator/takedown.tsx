import type { ComAtprotoAdminGetSubjectStatus } from '@atproto/api'
import { ask, order } from '../api/operator.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'

/** What can be taken down: an account; a record, in all its versions; a file of an account. */
export type TakedownSubject = { did: string } | { uri: string; cid?: string } | { did: string; blob: string }

type Status = ComAtprotoAdminGetSubjectStatus.OutputSchema

/** Takes something down, or takes that back: in force everywhere when it is done. */
export function Takedown({ subject, onChange }: { subject: TakedownSubject; onChange?: () => void }) {
  const which = 'uri' in subject ? { uri: subject.uri } : subject
  const status = useLoad(
    () => ask<Status>('/xrpc/com.atproto.admin.getSubjectStatus', which),
    [JSON.stringify(subject)],
  )
  const isDown = status.value?.takedown?.applied === true
  const change = useAction(async (form: FormData) => {
    await order('/xrpc/com.atproto.admin.updateSubjectStatus', {
      subject: 'uri' in subject && subject.cid ? strongRef(subject.uri, subject.cid) : status.value!.subject,
      takedown: { applied: !isDown, ref: textOf(form, 'why') || undefined },
    })
    await status.reload()
    onChange?.()
  })
  return (
    <Loaded of={status}>
      {({ takedown, deactivated }) => (
        <Form action={change} submit={isDown ? 'Take the takedown back' : 'Take down'}>
          <p>
            {isDown
              ? `It is taken down${takedown?.ref ? `: ${takedown.ref}` : ''}. Nobody sees it.`
              : `${deactivated?.applied ? 'Its owner has deactivated it.' : 'It is there for everybody.'} ${meaningOf(subject)}`}
          </p>
          {isDown ? null : <Field label="Why, for the record of actions" name="why" maxLength={500} />}
        </Form>
      )}
    </Loaded>
  )
}

function strongRef(uri: string, cid: string): Status['subject'] {
  return { $type: 'com.atproto.repo.strongRef', uri, cid }
}

function meaningOf(subject: TakedownSubject): string {
  if ('uri' in subject) return 'Taken down, it is in no view and is not given out by its address.'
  if ('blob' in subject) return 'Taken down, it is given out no more, in no size.'
  return 'Taken down, it is in no view and on no export, and its owner cannot write.'
}
