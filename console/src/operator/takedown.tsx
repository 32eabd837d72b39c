import type { ComAtprotoAdminGetSubjectStatus } from '@atproto/api'
import { ask, order } from '../api/operator.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'

/** Something that can be taken down: an account, or one version of a record. */
export type TakedownSubject = { did: string } | { uri: string; cid: string }

/** Takes something down, or takes that back: in force everywhere when it is done. */
export function Takedown({ subject, onChange }: { subject: TakedownSubject; onChange?: () => void }) {
  const which = 'did' in subject ? { did: subject.did } : { uri: subject.uri }
  const status = useLoad(
    () => ask<ComAtprotoAdminGetSubjectStatus.OutputSchema>('/xrpc/com.atproto.admin.getSubjectStatus', which),
    [JSON.stringify(subject)],
  )
  const isDown = status.value?.takedown?.applied === true
  const change = useAction(async (form: FormData) => {
    await order('/xrpc/com.atproto.admin.updateSubjectStatus', {
      subject:
        'did' in subject
          ? { $type: 'com.atproto.admin.defs#repoRef', ...subject }
          : { $type: 'com.atproto.repo.strongRef', ...subject },
      takedown: { applied: !isDown, ref: textOf(form, 'why') || undefined },
    })
    await status.reload()
    onChange?.()
  })
  return (
    <Loaded of={status}>
      {({ takedown }) => (
        <Form action={change} submit={isDown ? 'Take the takedown back' : 'Take down'}>
          <p>
            {isDown
              ? `It is taken down${takedown?.ref ? `: ${takedown.ref}` : ''}. Nobody sees it.`
              : 'It is there for everybody. Taken down, it is in no view, on no export, and its owner cannot write.'}
          </p>
          {isDown ? null : <Field label="Why, for the record of actions" name="why" maxLength={500} />}
        </Form>
      )}
    </Loaded>
  )
}
