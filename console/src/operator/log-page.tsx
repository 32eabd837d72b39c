import { useState } from 'preact/hooks'
import type { Figures } from '../../../src/modules/metrics/figures.js'
import type { Rebuilt, RebuildStatus } from '../../../src/projections/replay/rebuild.js'
import { ask } from '../api/operator.js'
import { count, rate } from '../ui/amounts.js'
import { Field, Form, textOf, Tick } from '../ui/form.js'
import { Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { Plot } from '../ui/plot.js'
import { useLive } from '../ui/use-live.js'
import { Figured } from './figured.js'
import { OperatorFrame } from './operator-frame.js'
import { Bar, ProgressOf, useWork } from './progress-of.js'
import { Table } from './table.js'
import { rates, times, values } from './use-figures.js'

/** What was appended, how far what follows from it is, and making that anew. */
export default function LogPage() {
  return (
    <OperatorFrame title="Log and projections">
      <Figured>{(now) => <LogAndProjections now={now} />}</Figured>
      <Section title="Rebuild">
        <RebuildForm />
      </Section>
      <Section title="Compact the log">
        <Compaction />
      </Section>
    </OperatorFrame>
  )
}

function LogAndProjections({ now }: { now: Figures }) {
  return (
    <>
      <p>
        The log stands at <strong>{count(now.log.head)}</strong>.
      </p>
      <div class="plots">
        <Plot
          label="Events a second, by kind"
          times={times.value}
          format={rate}
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
  )
}

/** The kinds that there are, so many as a plot can tell apart. */
function kindsOf<Kind extends string>(appended: Partial<Record<Kind, number>>): Kind[] {
  return (Object.keys(appended) as Kind[]).slice(0, 6)
}

function RebuildForm() {
  const status = useLive(() => ask<RebuildStatus>('/admin/rebuild'), [])
  const rebuild = useWork<Rebuilt>('/admin/rebuild', status.reload)
  const [verify, setVerify] = useState(false)
  const start = (form: FormData): Promise<void> => {
    const names = textOf(form, 'names')
    return rebuild.action.run({ names: names === '' ? [] : names.split(/[\s,]+/), verify: form.get('verify') !== null })
  }
  // What runs may have been begun by another window, or go on since before a restart.
  const elsewhere = status.value?.running && !status.fault && !rebuild.progress ? status.value : undefined
  const last = rebuild.result ?? status.value?.last
  return (
    <>
      <p>
        Makes the tables of app.bsky anew from the log, beside those that are in use. The server goes on serving; what
        is interrupted goes on where it was when it is asked for again.
      </p>
      {elsewhere ? (
        <Bar
          label="Rebuild under way"
          {...elsewhere}
          left={elsewhere.secondsLeft === null ? null : elsewhere.secondsLeft * 1000}
          format={countEvents}
        />
      ) : null}
      <Form action={{ ...rebuild.action, run: start }} submit={verify ? 'Compare' : 'Rebuild'}>
        <Field label="Names, none for all" name="names" placeholder="post like follow" />
        <Tick label="Only compare with what is in use" name="verify" onChange={() => setVerify(!verify)} />
      </Form>
      <ProgressOf of={rebuild} label="Rebuild" format={countEvents} />
      {last && !elsewhere && !rebuild.progress && !('error' in last && rebuild.action.fault) ? (
        <Outcome of={last} />
      ) : null}
    </>
  )
}

function Outcome({ of: last }: { of: Rebuilt | { error: string } }) {
  if ('error' in last) return <Notice kind="bad">The last one failed: {last.error}</Notice>
  const { projections, events, seconds, differences } = last
  const what = `${count(projections.length)} projections, ${countEvents(events)}, ${seconds.toFixed(1)} s`
  if (differences === null) return <Notice kind="good">Rebuilt: {what}.</Notice>
  if (differences.length === 0) return <Notice kind="good">Everything is as the log says: {what}.</Notice>
  return (
    <>
      <Notice kind="bad">Tables that are not what the log says; a rebuild mends them.</Notice>
      <Table
        label="Differences"
        rows={differences}
        keyOf={({ table }) => table}
        empty=""
        columns={[
          { name: 'Table', cell: ({ table }) => <code>{table}</code> },
          { name: 'Rows only in use', isNumber: true, cell: ({ live }) => count(live.count) },
          { name: 'Rows only by the log', isNumber: true, cell: ({ rebuilt }) => count(rebuilt.count) },
        ]}
      />
    </>
  )
}

function countEvents(events: number): string {
  return `${count(events)} events`
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
