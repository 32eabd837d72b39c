import type { ComAtprotoAdminSearchAccounts } from '@atproto/api'
import { useLocation } from 'preact-iso'
import { ask } from '../api/operator.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Paged } from '../ui/loaded.js'
import { Section } from '../ui/page.js'
import { Time } from '../ui/time.js'
import { useAction } from '../ui/use-action.js'
import { usePages } from '../ui/use-pages.js'
import { OperatorFrame } from './operator-frame.js'
import { Table } from './table.js'

/** The accounts here, found by a part of the address, the handle or the DID. */
export default function AccountsPage() {
  return (
    <OperatorFrame title="Accounts">
      <Search />
    </OperatorFrame>
  )
}

function Search() {
  const { query, route } = useLocation()
  const wanted = query.q ?? ''
  const found = usePages(
    async (cursor) => {
      const answer = await ask<ComAtprotoAdminSearchAccounts.OutputSchema>('/xrpc/com.atproto.admin.searchAccounts', {
        email: wanted,
        cursor,
        limit: 50,
      })
      return { items: answer.accounts, cursor: answer.cursor }
    },
    [wanted],
    'accounts',
  )
  const search = useAction(async (form: FormData) =>
    route(`/operator/accounts?q=${encodeURIComponent(textOf(form, 'q'))}`),
  )
  return (
    <>
      <Form action={search} submit="Search">
        <Field label="Part of an email address, handle or DID" name="q" type="search" defaultValue={wanted} />
      </Form>
      <Section title={wanted ? `Found by “${wanted}”` : 'All'}>
        <Paged of={found} empty="There are none.">
          {(accounts) => (
            <Table
              label="Accounts"
              rows={accounts}
              keyOf={({ did }) => did}
              empty=""
              columns={[
                {
                  name: 'Handle',
                  cell: ({ did, handle }) => <a href={`/operator/accounts/${encodeURIComponent(did)}`}>@{handle}</a>,
                },
                { name: 'Email', cell: ({ email }) => email },
                { name: 'Made', cell: ({ indexedAt }) => <Time at={indexedAt} /> },
                {
                  name: 'State',
                  cell: ({ deactivatedAt }) => (deactivatedAt ? <span class="badge">deactivated</span> : null),
                },
              ]}
            />
          )}
        </Paged>
      </Section>
    </>
  )
}
