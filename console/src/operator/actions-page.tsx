import { ActionsOf } from './actions-of.js'
import { OperatorFrame } from './operator-frame.js'

/** Everything that was done here in the name of this server. */
export default function ActionsPage() {
  return (
    <OperatorFrame title="Actions">
      <ActionsOf />
    </OperatorFrame>
  )
}
