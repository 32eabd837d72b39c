import type { Action } from '../../../src/modules/audit/action-log.js'
import { ask } from '../api/operator.js'
import { Paged } from '../ui/loaded.js'
import { Time } from '../ui/time.js'
import { usePages } from '../ui/use-pages.js'
import { Table } from './table.js'

/** What the operator and moderators have done, to one subject or to all. */
export function ActionsOf({ subject }: { subject?: string }) {
  const actions = usePages(
    async (cursor) => {
      const answer = await ask<{ actions: Action[]; cursor?: string }>('/admin/actions', { subject, cursor, limit: 50 })
      return { items: answer.actions, cursor: answer.cursor }
    },
    [subject],
    // Where they stand beside something else, they are had anew when that has changed.
    subject === undefined ? 'actions' : undefined,
  )
  return (
    <Paged of={actions} empty="Nothing.">
      {(all) => (
        <Table
          label="Actions"
          rows={all}
          keyOf={({ id }) => id}
          empty=""
          columns={[
            { name: 'When', cell: ({ at }) => <Time at={at} /> },
            { name: 'Who', cell: ({ actor }) => actor },
            { name: 'What', cell: ({ action }) => action },
            ...(subject === undefined
              ? [{ name: 'To what', cell: ({ subject }: Action) => <code>{subject}</code> }]
              : []),
            { name: 'Why', cell: ({ reason }) => reason },
          ]}
        />
      )}
    </Paged>
  )
}
