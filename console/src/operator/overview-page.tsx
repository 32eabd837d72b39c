import type { Figures } from '../../../src/modules/metrics/figures.js'
import { bytes, count, rate } from '../ui/amounts.js'
import { Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { Plot } from '../ui/plot.js'
import { Time } from '../ui/time.js'
import { Figured } from './figured.js'
import { OperatorFrame } from './operator-frame.js'
import { Table } from './table.js'
import { Tiles } from './tiles.js'
import { figuresFault, rates, times, values } from './use-figures.js'

/** How the server does, at a glance and over time. */
export default function OverviewPage() {
  return (
    <OperatorFrame title="Overview">
      <Figured>{(now) => <Now now={now} />}</Figured>
    </OperatorFrame>
  )
}

function Now({ now }: { now: Figures }) {
  return (
    <>
      {figuresFault.value ? null : now.unready.length === 0 ? (
        <Notice kind="good">The server is ready.</Notice>
      ) : (
        <Notice kind="bad">
          Not ready: {now.unready.map(({ check, message }) => `${check}: ${message}`).join('; ')}
        </Notice>
      )}
      <Tiles
        of={{
          Accounts: count(sum(now.repos.filter(({ hosting }) => hosting === 'hosted').map(({ count }) => count))),
          Copies: count(sum(now.repos.filter(({ hosting }) => hosting !== 'hosted').map(({ count }) => count))),
          'Log head': count(now.log.head),
          Subscribers: count(sum(now.streams.map(({ subscribers }) => subscribers.length))),
          Memory: bytes(now.process.memory.resident),
          Database: bytes(now.database.bytes),
          'Disk left': [...new Set(now.disks.map(({ free }) => bytes(free)))].join(', ') || 'unknown',
          Owed: count(sum(now.outbox.map(({ waiting }) => waiting))),
          Started: <Time at={now.startedAt} />,
          Version: now.version,
        }}
      />
      <Plots />
      <Section title="Requests since the start">
        <Requests now={now} />
      </Section>
    </>
  )
}

function Plots() {
  const perSecond = (value: number): string => `${rate(value)}/s`
  const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`
  return (
    <div class="plots">
      <Plot
        label="Requests"
        times={times.value}
        format={perSecond}
        series={[
          { label: 'all', values: rates((said) => requests(said, () => true)) },
          { label: 'failed (5xx)', values: rates((said) => requests(said, (status) => status.startsWith('5'))) },
        ]}
      />
      <Plot
        label="Events of the log"
        times={times.value}
        format={perSecond}
        series={[{ label: 'appended', values: rates(({ log }) => sum(Object.values(log.appended))) }]}
      />
      <Plot
        label="Event loop"
        times={times.value}
        format={ms}
        series={[
          { label: 'delay, half of the time', values: values(({ process }) => 1000 * process.eventLoop.delay.p50) },
          { label: 'delay, 99 %', values: values(({ process }) => 1000 * process.eventLoop.delay.p99) },
        ]}
      />
      <Plot
        label="Memory"
        times={times.value}
        format={bytes}
        series={[
          { label: 'all', values: values(({ process }) => process.memory.resident) },
          { label: 'JavaScript', values: values(({ process }) => process.memory.heapUsed) },
        ]}
      />
    </div>
  )
}

function Requests({ now }: { now: Figures }) {
  const methods = now.requests.methods
    .map(({ method, statuses, seconds, bytesOut }) => ({
      method,
      all: sum(Object.values(statuses)),
      failed: sum(Object.entries(statuses).map(([status, n]) => (/^[45]/.test(status) ? n : 0))),
      mean: seconds.count > 0 ? seconds.sum / seconds.count : 0,
      bytesOut,
    }))
    .sort((a, b) => b.all - a.all)
    .slice(0, 50)
  return (
    <Table
      label="Requests by method"
      rows={methods}
      keyOf={({ method }) => method}
      empty="Nobody has asked for anything yet."
      columns={[
        { name: 'Method', cell: ({ method }) => <code>{method}</code> },
        { name: 'Requests', isNumber: true, cell: ({ all }) => count(all) },
        { name: 'Refused or failed', isNumber: true, cell: ({ failed }) => count(failed) },
        { name: 'Mean', isNumber: true, cell: ({ mean }) => `${(mean * 1000).toFixed(1)} ms` },
        { name: 'Sent', isNumber: true, cell: ({ bytesOut }) => bytes(bytesOut) },
      ]}
    />
  )
}

function requests({ requests }: Figures, isCounted: (status: string) => boolean): number {
  return sum(
    requests.methods.flatMap(({ statuses }) =>
      Object.entries(statuses).map(([status, n]) => (isCounted(status) ? n : 0)),
    ),
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
