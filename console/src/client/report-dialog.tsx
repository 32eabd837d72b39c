import type { ComAtprotoModerationCreateReport } from '@atproto/api'
import { agent } from '../api/session.js'
import { Dialog } from '../ui/dialog.js'
import { Choice, Form, textOf } from '../ui/form.js'
import { Notice } from '../ui/notice.js'
import { TextField } from '../ui/text-field.js'
import { useAction } from '../ui/use-action.js'

const REASONS = {
  reasonSpam: 'Spam',
  reasonRude: 'Rude: harassment, threats, trolling',
  reasonMisleading: 'Misleading: a false identity or false claims',
  reasonSexual: 'Unwanted or unlabelled sexual content',
  reasonViolation: 'Against the law, or against the rules here',
  reasonOther: 'Something else',
}

/** Tells the moderators of this server of a post or an account. */
export function ReportDialog({
  title,
  subject,
  onClose,
}: {
  title: string
  subject: ComAtprotoModerationCreateReport.InputSchema['subject']
  onClose: () => void
}) {
  const action = useAction((form: FormData) =>
    agent.com.atproto.moderation.createReport({
      reasonType: `com.atproto.moderation.defs#${textOf(form, 'reason')}`,
      reason: textOf(form, 'words') || undefined,
      subject,
    }),
  )
  return (
    <Dialog title={title} onClose={onClose}>
      {action.isDone ? (
        <Notice kind="good">The moderators have your report. Only they can see that it is yours.</Notice>
      ) : (
        <Form action={action} submit="Send the report">
          <Choice label="Why" name="reason">
            {Object.entries(REASONS).map(([reason, words]) => (
              <option key={reason} value={reason}>
                {words}
              </option>
            ))}
          </Choice>
          <TextField label="In your words (not needed)" name="words" rows={3} maxLength={2000} />
        </Form>
      )}
    </Dialog>
  )
}
