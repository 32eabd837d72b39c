import type { ComAtprotoLabelQueryLabels, ComAtprotoServerDescribeServer } from '@atproto/api'
import { useState } from 'preact/hooks'
import { query } from '../api/call.js'
import { order } from '../api/operator.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Paged } from '../ui/loaded.js'
import { FaultNotice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { Time } from '../ui/time.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'
import { usePages } from '../ui/use-pages.js'
import { OperatorFrame } from './operator-frame.js'
import { Table } from './table.js'

/** Labels in the name of this server, signed and streamed to whoever subscribes. */
export default function LabelsPage() {
  return (
    <OperatorFrame title="Labels">
      <Labels />
    </OperatorFrame>
  )
}

function Labels() {
  const [pattern, setPattern] = useState('*')
  const own = useLoad(() => query<ComAtprotoServerDescribeServer.OutputSchema>('com.atproto.server.describeServer'), [])
    .value?.did
  const labels = usePages(
    async (cursor) => {
      const answer = await query<ComAtprotoLabelQueryLabels.OutputSchema>('com.atproto.label.queryLabels', {
        uriPatterns: [pattern],
        cursor,
        limit: 50,
      })
      return { items: answer.labels, cursor: answer.cursor }
    },
    [pattern],
    'labels',
  )
  const set = useAction(async (form: FormData) => {
    await order('/admin/labels', {
      uri: textOf(form, 'subject').replace(/^@/, ''),
      val: textOf(form, 'label'),
      reason: textOf(form, 'why') || undefined,
    })
    await labels.reload()
  })
  const remove = useAction(async (uri: string, val: string, cid: string | undefined) => {
    await order('/admin/labels', { uri, val, cid, neg: true })
    await labels.reload()
  })
  const look = useAction(async (form: FormData) => setPattern(textOf(form, 'pattern') || '*'))
  return (
    <>
      <Form action={set} submit="Set the label" done="Set.">
        <Field label="A handle, DID or at-uri" name="subject" autocapitalize="none" spellcheck={false} required />
        <Field label="Label" name="label" hint="As spam, nudity, or !warn and !hide" maxLength={128} required />
        <Field label="Why, for the record of actions" name="why" maxLength={500} />
      </Form>
      <Section title="Labels that are stored here">
        <Form action={look} submit="Look">
          <Field label="Of which subjects (a * at the end stands for anything)" name="pattern" defaultValue={pattern} />
        </Form>
        <FaultNotice fault={remove.fault} />
        <Paged of={labels} empty="There are none.">
          {(all) => (
            <Table
              label="Labels"
              rows={all}
              keyOf={({ src, uri, cid, val, cts }) => [src, uri, cid, val, cts].join(' ')}
              empty=""
              columns={[
                { name: 'Label', cell: ({ val }) => <span class="badge">{val}</span> },
                { name: 'Of', cell: ({ uri }) => <code>{uri}</code> },
                { name: 'By', cell: ({ src }) => (src === own ? 'this server' : <code>{src}</code>) },
                { name: 'Since', cell: ({ cts }) => <Time at={cts} /> },
                {
                  name: 'What to do',
                  // What others have said is theirs to take back.
                  cell: ({ src, uri, val, cid }) =>
                    src !== own ? null : (
                      <button type="button" onClick={() => void remove.run(uri, val, cid)}>
                        Take back<span class="unseen"> {val}</span>
                      </button>
                    ),
                },
              ]}
            />
          )}
        </Paged>
      </Section>
    </>
  )
}
