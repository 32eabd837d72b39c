import { useRef, useState } from 'preact/hooks'
import type { Report } from '../../../src/modules/moderation/reports.js'
import { ask, order } from '../api/operator.js'
import { say } from '../app/announcer.js'
import { Choice, Field, Form, textOf, Tick } from '../ui/form.js'
import { Paged } from '../ui/loaded.js'
import { Time } from '../ui/time.js'
import { useAction } from '../ui/use-action.js'
import { usePages } from '../ui/use-pages.js'
import { OperatorFrame } from './operator-frame.js'
import { pathOfUri } from '../everyone/places.js'
import { useHandles } from '../everyone/use-handles.js'
import { Takedown, type TakedownSubject } from './takedown.js'

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
  const list = useRef<HTMLUListElement>(null)
  const reports = usePages(
    async (cursor) => {
      const answer = await ask<{ reports: Report[]; cursor?: string }>('/admin/reports', { status, cursor, limit: 50 })
      return { items: answer.reports, cursor: answer.cursor }
    },
    [status],
    'reports',
  )
  const handles = useHandles(reports.items.flatMap(({ subject, reportedBy }) => [didOf(subject), reportedBy]))
  const nameOf = (did: string): string => {
    const handle = handles.get(did)
    return handle ? `@${handle}` : did
  }
  // The list stays as far as it is; what stood behind the report is looked at next.
  const close = async (ids: number[], note: string): Promise<void> => {
    const at = reports.items.findIndex(({ id }) => ids.includes(id))
    const left = reports.items.filter(({ id }) => !ids.includes(id))
    const closed = { resolvedAt: new Date().toISOString(), resolvedBy: 'you', note: note || null }
    if (status !== 'open')
      reports.change((all) => all.map((one) => (ids.includes(one.id) ? { ...one, ...closed } : one)))
    else if (left.length > 0) reports.change(() => left)
    else await reports.reload()
    say(ids.length === 1 ? 'The report is closed.' : `${ids.length} reports are closed.`)
    requestAnimationFrame(() => list.current?.children[Math.min(at, left.length - 1)]?.querySelector('h2')?.focus())
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
          <ul class="cards" ref={list}>
            {all.map((report) => (
              <li key={report.id}>
                <ReportCard of={report} alike={alikeTo(report, all)} nameOf={nameOf} onResolved={close} />
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
  alike,
  nameOf,
  onResolved,
}: {
  of: Report
  /** Other open reports of the same thing. */
  alike: number[]
  nameOf: (did: string) => string
  onResolved: (ids: number[], note: string) => Promise<void>
}) {
  const { id, reasonType, reason, subject, reportedBy, createdAt, resolvedAt, resolvedBy, note } = report
  const [isOpen, setOpen] = useState(false)
  const resolve = useAction(async (form: FormData) => {
    const ids = [id, ...(form.get('alike') === null ? [] : alike)]
    const note = textOf(form, 'note')
    await order('/admin/reports/resolve', { ids, note: note || undefined })
    await onResolved(ids, note)
  })
  const name = reasonType.slice(reasonType.indexOf('#') + 1).replace(/^reason/, '')
  return (
    <article aria-label={`Report ${id}`}>
      <h2 tabIndex={-1}>
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
          <details onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>Take down what is reported</summary>
            {/* Whether it is taken down is asked of each when somebody wants to know. */}
            {isOpen ? <Takedown subject={reported(subject)} /> : null}
          </details>
          <Form action={resolve} submit="Close the report">
            <Field label="Note" name="note" maxLength={2000} />
            {alike.length > 0 ? (
              <Tick
                label={`And ${alike.length === 1 ? 'one other' : `${alike.length} others`} in this list about the same`}
                name="alike"
              />
            ) : null}
          </Form>
        </>
      )}
    </article>
  )
}

/** As many as one call closes. */
const MOST_ALIKE = 99

function alikeTo({ id, subject, resolvedAt }: Report, all: Report[]): number[] {
  if (resolvedAt !== null) return []
  const key = keyOf(subject)
  return all
    .filter((other) => other.id !== id && other.resolvedAt === null && keyOf(other.subject) === key)
    .map(({ id }) => id)
    .slice(0, MOST_ALIKE)
}

function keyOf(subject: Report['subject']): string {
  if ('uri' in subject) return subject.uri
  return 'cid' in subject ? `${subject.did}/${subject.cid}` : subject.did
}

function reported(subject: Report['subject']): TakedownSubject {
  if ('uri' in subject) return { uri: subject.uri, cid: subject.cid }
  return 'cid' in subject ? { did: subject.did, blob: subject.cid } : { did: subject.did }
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
      {'cid' in subject ? 'A file of' : 'The account'}{' '}
      <a href={`/operator/accounts/${encodeURIComponent(subject.did)}`}>{nameOf(subject.did)}</a>
    </>
  )
}
