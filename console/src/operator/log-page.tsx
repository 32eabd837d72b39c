import { useState } from 'preact/hooks'
import type { Rebuilt, RebuildStatus } from '../../../src/projections/replay/rebuild.js'
import { ask } from '../api/operator.js'
import { count } from '../ui/amounts.js'
import { Field, Form, textOf, Tick } from '../ui/form.js'
import { FaultNotice, Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { Plot } from '../ui/plot.js'
import { useLoad } from '../ui/use-load.js'
import { OperatorFrame } from './operator-frame.js'
import { ProgressOf, useWork } from './progress-of.js'
import { Table } from './table.js'
import { figures, figuresFault, rates, times, useFigures, values } from './use-figures.js'

/** What was appended, how far what follows from it is, and making that anew. */
export default function LogPage() {
  return (
    <OperatorFrame title="Log and projections">
      <LogAndProjections />
    </OperatorFrame>
  )
}

function LogAndProjections() {
  useFigures()
  const now = figures.value
  return (
    <>
      <FaultNotice fault={figuresFault.value} />
      {now ? (
        <>
          <p>
            The log stands at <strong>{count(now.log.head)}</strong>.
          </p>
          <div class="plots">
            <Plot
              label="Events a second, by kind"
              times={times.value}
              format={(value) => value.toFixed(1)}
              series={kindsOf(now.log.appended).map((kind) => ({
                label: kind,
                values: rates(({ log }) => log.appended[kind] ?? 0),
              }))}
            />
            <Plot
              label="Numbers of the log that projections are behind"
              times={times.value}
              series={now.projections.map(({ name }) => ({
                label: name,
                values: values(({ projections }) => projections.find((one) => one.name === name)?.lag ?? null),
              }))}
            />
          </div>
          <Section title="Projections">
            <Table
              label="Projections"
              rows={now.projections}
              keyOf={({ name }) => name}
              empty="There are none."
              columns={[
                { name: 'Name', cell: ({ name }) => name },
                { name: 'Position', isNumber: true, cell: ({ position }) => count(position) },
                { name: 'Behind', isNumber: true, cell: ({ lag }) => count(lag) },
                { name: 'Passed over', isNumber: true, cell: ({ skipped }) => count(skipped) },
              ]}
            />
          </Section>
        </>
      ) : null}
      <Section title="Rebuild">
        <RebuildForm />
      </Section>
      <Section title="Compact the log">
        <Compaction />
      </Section>
    </>
  )
}

/** The kinds that there are, so many as a plot can tell apart. */
function kindsOf<Kind extends string>(appended: Partial<Record<Kind, number>>): Kind[] {
  return (Object.keys(appended) as Kind[]).slice(0, 6)
}

function RebuildForm() {
  const status = useLoad(() => ask<RebuildStatus>('/admin/rebuild'), [])
  const rebuild = useWork<Rebuilt>('/admin/rebuild', status.reload)
  const [verify, setVerify] = useState(false)
  const start = (form: FormData): Promise<void> => {
    const names = textOf(form, 'names')
    return rebuild.action.run({ names: names === '' ? [] : names.split(/[\s,]+/), verify: form.get('verify') !== null })
  }
  const last = rebuild.result ?? (status.value?.last && 'events' in status.value.last ? status.value.last : undefined)
  return (
    <>
      <p>
        Makes the tables of app.bsky anew from the log, beside those that are in use. The server goes on serving; what
        is interrupted goes on where it was when it is asked for again.
      </p>
      {status.value?.running && !rebuild.progress ? (
        <Notice kind="note">
          One is under way: {count(status.value.done)} of {count(status.value.total)} events.
        </Notice>
      ) : null}
      <Form action={{ ...rebuild.action, run: start }} submit={verify ? 'Compare' : 'Rebuild'}>
        <Field label="Names, none for all" name="names" placeholder="post like follow" />
        <Tick label="Only compare with what is in use" name="verify" onChange={() => setVerify(!verify)} />
      </Form>
      <ProgressOf of={rebuild} label="Rebuild" format={(events) => `${count(events)} events`} />
      {last ? <Outcome of={last} /> : null}
    </>
  )
}

function Outcome({ of: { projections, events, seconds, differences } }: { of: Rebuilt }) {
  const what = `${count(projections.length)} projections, ${count(events)} events, ${seconds.toFixed(1)} s`
  if (differences === null) return <Notice kind="good">Rebuilt: {what}.</Notice>
  if (differences.length === 0) return <Notice kind="good">Everything is as the log says: {what}.</Notice>
  return <Notice kind="bad">Tables that are not what the log says: {JSON.stringify(differences)}</Notice>
}

function Compaction() {
  const compact = useWork<object>('/admin/log/compact')
  const start = (form: FormData): Promise<void> =>
    compact.action.run({ before: new Date(Date.now() - Number(textOf(form, 'days')) * 86_400_000).toISOString() })
  return (
    <>
      <p>
        Drops from old events the records that have been replaced since. Firehose subscribers whose cursor is older are
        told so; history of those records is gone.
      </p>
      <Form action={{ ...compact.action, run: start }} submit="Compact" done="Done.">
        <Field label="Older than, in days" name="days" type="number" min={1} defaultValue="30" required />
        <Tick label="The old versions of these records may go, for good" name="sure" required />
      </Form>
      <ProgressOf of={compact} label="Compaction" format={count} />
    </>
  )
}
