import type { ComAtprotoAdminGetInviteCodes, ComAtprotoServerCreateInviteCode } from '@atproto/api'
import { useState } from 'preact/hooks'
import { ask, order } from '../api/operator.js'
import { Ask } from '../ui/ask.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Paged } from '../ui/loaded.js'
import { Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { Time } from '../ui/time.js'
import { useAction } from '../ui/use-action.js'
import { usePages } from '../ui/use-pages.js'
import { OperatorFrame } from './operator-frame.js'
import { Table } from './table.js'

/** Codes by which people come in. */
export default function InvitesPage() {
  return (
    <OperatorFrame title="Invites">
      <Invites />
    </OperatorFrame>
  )
}

function Invites() {
  const [made, setMade] = useState<string>()
  const codes = usePages(
    async (cursor) => {
      const answer = await ask<ComAtprotoAdminGetInviteCodes.OutputSchema>('/xrpc/com.atproto.admin.getInviteCodes', {
        cursor,
        limit: 100,
      })
      return { items: answer.codes, cursor: answer.cursor }
    },
    [],
    'invites',
  )
  const make = useAction(async (form: FormData) => {
    const { code } = await order<ComAtprotoServerCreateInviteCode.OutputSchema>(
      '/xrpc/com.atproto.server.createInviteCode',
      { useCount: Number(textOf(form, 'uses')) },
    )
    setMade(code)
    await codes.reload()
  })
  const [ending, setEnding] = useState<string>()
  const disable = useAction(async () => {
    await order('/xrpc/com.atproto.admin.disableInviteCodes', { codes: [ending] })
    codes.change((all) => all.map((one) => (one.code === ending ? { ...one, disabled: true } : one)))
  })
  return (
    <>
      <Form action={make} submit="Make a code">
        <Field label="How many may come by it" name="uses" type="number" min={1} max={1000} defaultValue="1" required />
      </Form>
      {made ? (
        <Notice kind="good">
          <code>{made}</code>, or as a link: <code>{`${location.origin}/sign-up?invite=${made}`}</code>
        </Notice>
      ) : null}
      <Section title="Codes">
        <Paged of={codes} empty="There are none.">
          {(all) => (
            <Table
              label="Invite codes"
              rows={all}
              keyOf={({ code }) => code}
              empty=""
              columns={[
                { name: 'Code', cell: ({ code }) => <code>{code}</code> },
                { name: 'For', cell: ({ forAccount }) => forAccount },
                {
                  name: 'Left',
                  isNumber: true,
                  cell: ({ available, uses }) => `${available - uses.length} of ${available}`,
                },
                { name: 'Made', cell: ({ createdAt }) => <Time at={createdAt} /> },
                {
                  name: 'State',
                  cell: ({ code, disabled }) =>
                    disabled ? (
                      'disabled'
                    ) : (
                      <button type="button" onClick={() => setEnding(code)}>
                        Disable …<span class="unseen"> {code}</span>
                      </button>
                    ),
                },
              ]}
            />
          )}
        </Paged>
        {ending ? (
          <Ask title={`Disable ${ending}?`} confirm="Disable" action={disable} onClose={() => setEnding(undefined)}>
            Nobody comes in by this code any more. It cannot be enabled again; another can be made.
          </Ask>
        ) : null}
      </Section>
    </>
  )
}
