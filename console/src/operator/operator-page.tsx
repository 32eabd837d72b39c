import { OperatorPage } from './operator-gate.js'

export default function OperatorStartPage() {
  return (
    <OperatorPage title="Operator">
      <p>You are the operator of this server.</p>
    </OperatorPage>
  )
}
