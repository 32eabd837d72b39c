import { useState } from 'preact/hooks'
import type { Report } from '../../../src/modules/moderation/reports.js'
import { ask, order } from '../api/operator.js'
import { Choice, Field, Form, textOf } from '../ui/form.js'
import { Paged } from '../ui/loaded.js'
import { Time } from '../ui/time.js'
import { useAction } from '../ui/use-action.js'
import { usePages } from '../ui/use-pages.js'
import { OperatorFrame } from './operator-frame.js'
import { pathOfUri } from '../everyone/places.js'
import { useHandles } from '../everyone/use-handles.js'
import { Takedown } from './takedown.js'

/** What accounts have reported. */
export default function ReportsPage() {
  return (
    <OperatorFrame title="Reports">
      <Inbox />
    </OperatorFrame>
  )
}

function Inbox() {
  const [status, setStatus] = useState('open')
  const reports = usePages(
    async (cursor) => {
      const answer = await ask<{ reports: Report[]; cursor?: string }>('/admin/reports', { status, cursor, limit: 50 })
      return { items: answer.reports, cursor: answer.cursor }
    },
    [status],
  )
  const handles = useHandles(reports.items.flatMap(({ subject, reportedBy }) => [didOf(subject), reportedBy]))
  const nameOf = (did: string): string => {
    const handle = handles.get(did)
    return handle ? `@${handle}` : did
  }
  return (
    <>
      <Choice label="Show" value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
        <option value="open">open ones</option>
        <option value="closed">closed ones</option>
        <option value="all">all</option>
      </Choice>
      <Paged of={reports} empty="There are none.">
        {(all) => (
          <ul class="cards">
            {all.map((report) => (
              <li key={report.id}>
                <ReportCard of={report} nameOf={nameOf} onResolved={reports.reload} />
              </li>
            ))}
          </ul>
        )}
      </Paged>
    </>
  )
}

function ReportCard({
  of: report,
  nameOf,
  onResolved,
}: {
  of: Report
  nameOf: (did: string) => string
  onResolved: () => Promise<void>
}) {
  const { id, reasonType, reason, subject, reportedBy, createdAt, resolvedAt, resolvedBy, note } = report
  const resolve = useAction(async (form: FormData) => {
    await order('/admin/reports/resolve', { ids: [id], note: textOf(form, 'note') || undefined })
    await onResolved()
  })
  const name = reasonType.slice(reasonType.indexOf('#') + 1).replace(/^reason/, '')
  return (
    <article aria-label={`Report ${id}`}>
      <h2>
        {name} <small>#{id}</small>
      </h2>
      <p>
        <SubjectLink of={subject} nameOf={nameOf} />, reported by{' '}
        <a href={`/operator/accounts/${encodeURIComponent(reportedBy)}`}>{nameOf(reportedBy)}</a>{' '}
        <Time at={createdAt} />
      </p>
      {reason ? <blockquote dir="auto">{reason}</blockquote> : null}
      {resolvedAt ? (
        <p>
          Closed by {resolvedBy} <Time at={resolvedAt} />
          {note ? `: ${note}` : ''}
        </p>
      ) : (
        <>
          <details>
            <summary>Take down what is reported</summary>
            <Takedown subject={'uri' in subject ? { uri: subject.uri, cid: subject.cid } : { did: subject.did }} />
          </details>
          <Form action={resolve} submit="Close the report">
            <Field label="Note" name="note" maxLength={2000} />
          </Form>
        </>
      )}
    </article>
  )
}

function didOf(subject: Report['subject']): string {
  return 'uri' in subject ? subject.uri.split('/')[2]! : subject.did
}

function SubjectLink({ of: subject, nameOf }: { of: Report['subject']; nameOf: (did: string) => string }) {
  if ('uri' in subject)
    return (
      <>
        <a href={pathOfUri(subject.uri) ?? undefined}>{subject.uri.split('/').slice(3).join('/')}</a> of{' '}
        <a href={`/operator/accounts/${encodeURIComponent(didOf(subject))}`}>{nameOf(didOf(subject))}</a>
      </>
    )
  return (
    <>
      The account <a href={`/operator/accounts/${encodeURIComponent(subject.did)}`}>{nameOf(subject.did)}</a>
    </>
  )
}
