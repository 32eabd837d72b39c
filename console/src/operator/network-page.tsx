import type { Figures } from '../../../src/modules/metrics/figures.js'
import type { PeerReport } from '../../../src/modules/replication/peers.controller.js'
import { ask, order } from '../api/operator.js'
import { useState } from 'preact/hooks'
import { Ask } from '../ui/ask.js'
import { bytes, count } from '../ui/amounts.js'
import { Choice, Field, Form, textOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { Section } from '../ui/page.js'
import { Plot } from '../ui/plot.js'
import { ago } from '../ui/time.js'
import { useAction } from '../ui/use-action.js'
import { useLive } from '../ui/use-live.js'
import { Figured } from './figured.js'
import { OperatorFrame } from './operator-frame.js'
import { Table } from './table.js'
import { rates, times, values } from './use-figures.js'

/** Who listens here, and whom this server listens to. */
export default function NetworkPage() {
  return (
    <OperatorFrame title="Network">
      <Section title="Subscribers">
        <Figured>{(now) => <Subscribers now={now} />}</Figured>
      </Section>
      <Section title="Peers">
        <Peers />
      </Section>
    </OperatorFrame>
  )
}

function Subscribers({ now: { streams } }: { now: Figures }) {
  const subscribers = streams.flatMap(({ path, subscribers }) =>
    subscribers.map((one, i) => ({ key: `${path} ${i}`, path, ...one })),
  )
  return (
    <>
      <div class="plots">
        <Plot
          label="How far the last subscriber is behind"
          times={times.value}
          series={[
            {
              label: 'events',
              values: values(({ streams }) =>
                Math.max(0, ...streams.flatMap(({ subscribers }) => subscribers.map(({ lag }) => lag ?? 0))),
              ),
            },
          ]}
        />
        <Plot
          label="Sent to subscribers"
          times={times.value}
          format={(value) => `${bytes(Math.round(value))}/s`}
          series={streams.map(({ path }) => ({
            label: path.slice(path.lastIndexOf('.') + 1),
            values: rates((said) => said.streams.find((one) => one.path === path)?.sent ?? 0),
          }))}
        />
      </div>
      <Table
        label="Subscribers"
        rows={subscribers}
        keyOf={({ key }) => key}
        empty="Nobody listens at the moment."
        columns={[
          { name: 'Stream', cell: ({ path }) => path.slice(path.lastIndexOf('.') + 1) },
          { name: 'From', cell: ({ network }) => network },
          { name: 'Since', cell: ({ connectedSeconds }) => ago(-connectedSeconds * 1000) },
          { name: 'Behind', isNumber: true, cell: ({ lag }) => (lag === null ? '–' : count(lag)) },
          { name: 'Sent', isNumber: true, cell: ({ sent }) => bytes(sent) },
        ]}
      />
    </>
  )
}

function Peers() {
  const peers = useLive(async () => (await ask<{ peers: PeerReport[] }>('/admin/peers')).peers, [])
  const add = useAction(async (form: FormData) => {
    await order('/admin/peers', {
      who: textOf(form, 'who'),
      direction: textOf(form, 'direction'),
    })
    await peers.reload()
  })
  const [leaving, setLeaving] = useState<PeerReport>()
  const remove = useAction(async () => {
    await order('/admin/peers/remove', { who: leaving!.url, direction: leaving!.direction })
    await peers.reload()
  })
  return (
    <>
      <Loaded of={peers}>
        {(all) => (
          <Table
            label="Peers"
            rows={all}
            keyOf={({ id }) => id}
            empty="There are none: this server stands for itself."
            columns={[
              { name: 'Server', cell: ({ url }) => url },
              { name: 'Direction', cell: ({ direction }) => direction },
              { name: 'State', cell: ({ state }) => state.connection },
              { name: 'Accounts', isNumber: true, cell: ({ accounts }) => count(accounts) },
              { name: 'Kept', isNumber: true, cell: (peer) => bytes(peer.bytes) },
              { name: 'Last error', cell: ({ lastError }) => lastError },
              {
                name: 'What to do',
                cell: (peer) => (
                  <button type="button" onClick={() => setLeaving(peer)}>
                    Remove …<span class="unseen"> {peer.url}</span>
                  </button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {leaving ? (
        <Ask
          title={`Remove the peer ${leaving.url}?`}
          confirm="Remove"
          action={remove}
          onClose={() => setLeaving(undefined)}
        >
          Nothing goes to or from it any more. Copies that came from it stay, and are not kept up to date.
        </Ask>
      ) : null}
      <Section title="Another peer">
        <Form action={add} submit="Add">
          <Field label="Its address" name="who" placeholder="https://pds.example.com" required />
          <Choice label="What it is to this server" name="direction">
            <option value="pull">it is followed: its accounts are mirrored here</option>
            <option value="push">it is sent what is written here</option>
            <option value="accept">it may send what is written there</option>
          </Choice>
        </Form>
      </Section>
    </>
  )
}
