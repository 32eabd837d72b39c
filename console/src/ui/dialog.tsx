import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { keepPlace } from './keep-place.js'

/** Something that stands over the page until it is answered. The browser keeps the keyboard inside, and Escape closes it. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string
  onClose: () => void
  children: ComponentChildren
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    const back = keepPlace()
    dialog.current!.showModal()
    // The browser sees to it where a dialog is closed, and not where it is taken away.
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
      back()
    }
  }, [])
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <div class="section-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet" onClick={() => dialog.current!.close()}>
          Close
        </button>
      </div>
      {children}
    </dialog>
  )
}
