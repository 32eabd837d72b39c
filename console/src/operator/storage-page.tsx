import type { ScrubReport } from '../../../src/modules/blob/blob-scrub.js'
import type { Figures } from '../../../src/modules/metrics/figures.js'
import { bytes, count } from '../ui/amounts.js'
import { Form, Tick } from '../ui/form.js'
import { Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { Plot } from '../ui/plot.js'
import { Figured } from './figured.js'
import { OperatorFrame } from './operator-frame.js'
import { ProgressOf, useWork } from './progress-of.js'
import { Table } from './table.js'
import { Tiles } from './tiles.js'
import { times, values } from './use-figures.js'

/** What lies on the disk. */
export default function StoragePage() {
  return (
    <OperatorFrame title="Storage">
      <Figured>{(now) => <Storage now={now} />}</Figured>
      <Section title="Look through all blobs">
        <Scrub />
      </Section>
    </OperatorFrame>
  )
}

function Storage({ now: { blobs, database, disks, repos } }: { now: Figures }) {
  return (
    <>
      <Tiles
        of={{
          Database: bytes(database.bytes),
          'Free pages in it': bytes(database.freeBytes),
          'Write-ahead log': bytes(database.walBytes),
          Blobs: `${count(blobs.count)}, ${bytes(blobs.bytes)}`,
          'Not referred to yet': count(blobs.loose),
          'Copies and scaled images': `${count(blobs.cachedFiles)}, ${bytes(blobs.cachedBytes)}`,
        }}
      />
      <Table
        label="Disks"
        rows={disks}
        keyOf={({ holds }) => holds}
        empty="The system tells nothing of the disks."
        columns={[
          { name: 'Disk of', cell: ({ holds }) => (holds === 'data' ? 'the data directory' : 'the blobs') },
          { name: 'Left', isNumber: true, cell: ({ free }) => bytes(free) },
          { name: 'Size', isNumber: true, cell: ({ size }) => bytes(size) },
          {
            name: 'Used',
            cell: ({ free, size, holds }) => (
              <meter
                aria-label={`Used of the disk of ${holds}`}
                min={0}
                max={size}
                high={size * 0.9}
                value={size - free}
              />
            ),
          },
        ]}
      />
      <Section title="Repositories">
        <Table
          label="Repositories"
          rows={repos}
          keyOf={({ hosting, status }) => `${hosting} ${status}`}
          empty="There are none."
          columns={[
            { name: 'Kept as', cell: ({ hosting }) => hosting },
            { name: 'State', cell: ({ status }) => status },
            { name: 'Repositories', isNumber: true, cell: ({ count: number }) => count(number) },
          ]}
        />
      </Section>
      <Plot
        label="Database and write-ahead log"
        times={times.value}
        format={bytes}
        series={[
          { label: 'database', values: values(({ database }) => database.bytes) },
          { label: 'write-ahead log', values: values(({ database }) => database.walBytes) },
        ]}
      />
    </>
  )
}

function Scrub() {
  const scrub = useWork<ScrubReport>('/admin/blobs/scrub')
  const start = (form: FormData): Promise<void> => scrub.action.run({ repair: form.get('repair') !== null })
  return (
    <>
      <p>Reads every blob and hashes it again: which are missing, spoilt, or nobody's.</p>
      <Form action={{ ...scrub.action, run: start }} submit="Look through them">
        <Tick label="Delete those that nobody has, and that are older than an hour" name="repair" />
      </Form>
      <ProgressOf of={scrub} label="Looking through blobs" format={count} />
      {scrub.result ? <Outcome of={scrub.result} /> : null}
    </>
  )
}

function Outcome({ of: { files, bytes: size, missing, corrupt, orphans, removed } }: { of: ScrubReport }) {
  const isFine = missing.count === 0 && corrupt.count === 0
  return (
    <Notice kind={isFine ? 'good' : 'bad'}>
      {count(files)} blobs, {bytes(size)}: {count(missing.count)} missing, {count(corrupt.count)} spoilt,{' '}
      {count(orphans.count)} nobody's{removed > 0 ? `, of which ${count(removed)} were deleted` : ''}.
    </Notice>
  )
}
