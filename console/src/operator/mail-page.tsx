import type { Figures } from '../../../src/modules/metrics/figures.js'
import type { MailTestResult } from '../../../src/modules/mail/mail-test.js'
import { ask, order } from '../api/operator.js'
import { count } from '../ui/amounts.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { ago, Time } from '../ui/time.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'
import { Figured } from './figured.js'
import { OperatorFrame } from './operator-frame.js'
import { Table } from './table.js'

interface Code {
  did: string
  handle: string
  purpose: string
  code: string
  expiresAt: number
}

/** What is owed to the outside: mail above all. */
export default function MailPage() {
  return (
    <OperatorFrame title="Mail">
      <Figured>{(now) => <Queue now={now} />}</Figured>
      <Section title="Try it">
        <Test />
      </Section>
      <Section title="Codes that still work">
        <Codes />
      </Section>
    </OperatorFrame>
  )
}

function Queue({ now: { mail, outbox } }: { now: Figures }) {
  return (
    <>
      {mail.available ? null : (
        <Notice kind="note">
          No mail server is set (<code>PDS_EMAIL_SMTP_URL</code>): tell people their codes yourself. They stand below.
        </Notice>
      )}
      <Table
        label="What is owed to the outside"
        rows={outbox}
        keyOf={({ kind }) => kind}
        empty="Nothing is owed to anybody."
        columns={[
          { name: 'What', cell: ({ kind }) => kind },
          { name: 'Waiting', isNumber: true, cell: ({ waiting }) => count(waiting) },
          { name: 'Tried in vain', isNumber: true, cell: ({ failing }) => count(failing) },
          {
            name: 'Oldest due',
            cell: ({ oldestSeconds }) => (oldestSeconds > 0 ? ago(-oldestSeconds * 1000) : '–'),
          },
          { name: 'Done', isNumber: true, cell: ({ done }) => count(done) },
          { name: 'Given up', isNumber: true, cell: ({ givenUp }) => count(givenUp) },
        ]}
      />
    </>
  )
}

function Test() {
  const send = useAction(async (form: FormData) => {
    const result = await order<MailTestResult>('/admin/mail/test', { to: textOf(form, 'to') })
    if (!result.sent) throw new Error(`${result.error}. ${result.advice}`)
  })
  return (
    <Form action={send} submit="Send a mail" done="The mail server has taken it.">
      <Field label="To" name="to" type="email" required />
    </Form>
  )
}

function Codes() {
  const codes = useLoad(async () => (await ask<{ codes: Code[] }>('/admin/accounts/codes')).codes, [])
  return (
    <Loaded of={codes}>
      {(all) => (
        <Table
          label="Codes"
          rows={all}
          keyOf={({ did, purpose }) => `${did} ${purpose}`}
          empty="Nobody has asked for one."
          columns={[
            {
              name: 'Account',
              cell: ({ did, handle }) => <a href={`/operator/accounts/${encodeURIComponent(did)}`}>@{handle}</a>,
            },
            { name: 'For', cell: ({ purpose }) => purpose },
            { name: 'Code', cell: ({ code }) => <code>{code}</code> },
            { name: 'Works until', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
          ]}
        />
      )}
    </Loaded>
  )
}
