import type { Setting } from '../../../src/modules/metrics/settings.js'
import { ask } from '../api/operator.js'
import { Loaded } from '../ui/loaded.js'
import { useLoad } from '../ui/use-load.js'
import { OperatorFrame } from './operator-frame.js'
import { Table } from './table.js'

/** What is in force, and where it comes from. */
export default function ServerSettingsPage() {
  return (
    <OperatorFrame title="Settings">
      <Settings />
    </OperatorFrame>
  )
}

function Settings() {
  const settings = useLoad(async () => (await ask<{ settings: Setting[] }>('/admin/settings')).settings, [])
  return (
    <>
      <p>
        Settings are environment variables: changed there, they are in force after a restart. What is secret is not
        shown.
      </p>
      <Loaded of={settings}>
        {(all) => (
          <Table
            label="Settings in force"
            rows={all}
            keyOf={({ name }) => name}
            empty="There are none."
            columns={[
              { name: 'Setting', cell: ({ name }) => <code>{name}</code> },
              { name: 'Value', cell: ({ value }) => said(value) },
              { name: 'From', cell: ({ source }) => source },
            ]}
          />
        )}
      </Loaded>
    </>
  )
}

function said(value: unknown): string {
  if (value === null || value === undefined) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
