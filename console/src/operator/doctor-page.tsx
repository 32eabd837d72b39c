import { useState } from 'preact/hooks'
import type { AreaFinding, Severity } from '../../../src/modules/doctor/finding.js'
import { ask } from '../api/operator.js'
import { Form, Tick } from '../ui/form.js'
import { useAction } from '../ui/use-action.js'
import { OperatorFrame } from './operator-frame.js'
import { Table } from './table.js'

const WORDS: Record<Severity, { word: string; kind: string }> = {
  problem: { word: 'problem', kind: 'badge bad' },
  warning: { word: 'warning', kind: 'badge bad' },
  note: { word: 'note', kind: 'badge' },
  ok: { word: 'fine', kind: 'badge good' },
}
const ORDER = Object.keys(WORDS)

/** What is the matter with this server, and what to do about it. */
export default function DoctorPage() {
  return (
    <OperatorFrame title="Doctor">
      <Examination />
    </OperatorFrame>
  )
}

function Examination() {
  const [findings, setFindings] = useState<AreaFinding[]>()
  const examine = useAction(async (form: FormData) => {
    const offline = form.get('outside') === null
    const { findings } = await ask<{ findings: AreaFinding[] }>('/admin/doctor', { offline })
    setFindings(findings.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity)))
  })
  return (
    <>
      <p>
        Looks at the settings, the clock, the disk, the names, the proxy, mail, the directory, relays, the log,
        projections and blobs. It takes some seconds.
      </p>
      <Form action={examine} submit={examine.isRunning ? 'Looking …' : 'Look'}>
        <Tick
          label="Ask others, too: the name servers, the directory, relays, the mail server"
          name="outside"
          defaultChecked
        />
      </Form>
      {findings ? (
        <div aria-live="polite">
          <Table
            label="Findings"
            rows={findings}
            keyOf={({ area, text }) => `${area} ${text}`}
            empty="Nothing was looked at."
            columns={[
              {
                name: 'How bad',
                cell: ({ severity }) => <span class={WORDS[severity].kind}>{WORDS[severity].word}</span>,
              },
              { name: 'Where', cell: ({ area }) => area },
              { name: 'What', cell: ({ text }) => text },
              { name: 'What to do', cell: ({ advice }) => advice },
            ]}
          />
        </div>
      ) : null}
    </>
  )
}
