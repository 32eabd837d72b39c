import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Dialog } from './dialog.js'
import { FaultNotice } from './notice.js'
import type { Action } from './use-action.js'

/** Asks before something that cannot be taken back, and says what it will do. Closes when it is done. */
export function Ask({
  title,
  confirm,
  action,
  onClose,
  children,
}: {
  title: string
  /** What the button says that does it. */
  confirm: string
  action: Action<[]>
  onClose: () => void
  children: ComponentChildren
}) {
  // That it has been done before says nothing of this time.
  const [isConfirmed, setConfirmed] = useState(false)
  useEffect(() => {
    if (isConfirmed && action.isDone) onClose()
  }, [isConfirmed, action.isDone])
  const onConfirm = (): void => {
    setConfirmed(true)
    void action.run()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{children}</p>
      <FaultNotice fault={isConfirmed ? action.fault : undefined} />
      <p class="row">
        <button type="button" class="danger" aria-disabled={action.isRunning} onClick={onConfirm}>
          {confirm}
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </p>
    </Dialog>
  )
}
