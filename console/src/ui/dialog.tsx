import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
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
  useLayoutEffect(() => {
    const before = document.activeElement
    const back = keepPlace()
    const modal = dialog.current!
    modal.showModal()
    return () => {
      // Nothing below takes the keyboard as long as it is open.
      modal.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
      back()
    }
  }, [])
  return (
    // Of one that is taken away it is known already.
    <dialog ref={dialog} aria-labelledby={id} onClose={() => dialog.current && onClose()}>
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
