import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

/** More than a row has room for: a button that opens a list of buttons and links. Escape, or anything chosen, closes it. */
export function Menu({
  label,
  sign,
  children,
}: {
  label: string
  sign: ComponentChildren
  children: ComponentChildren
}) {
  const [isOpen, setOpen] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (!isOpen) return
    const onElsewhere = (event: Event): void => {
      if (!place.current!.contains(event.target as Node)) setOpen(false)
    }
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return
      setOpen(false)
      button.current?.focus()
    }
    document.addEventListener('pointerdown', onElsewhere)
    document.addEventListener('focusin', onElsewhere)
    document.addEventListener('keydown', onKey)
    return () => {
      document.removeEventListener('pointerdown', onElsewhere)
      document.removeEventListener('focusin', onElsewhere)
      document.removeEventListener('keydown', onKey)
    }
  }, [isOpen])
  const onChosen = (event: Event): void => {
    if (!(event.target as Element).closest('button, a')) return
    // What opens a dialog has the keyboard come back to where it was before.
    button.current?.focus()
    setOpen(false)
  }
  return (
    <div class="menu" ref={place}>
      <button
        ref={button}
        type="button"
        class="quiet"
        aria-label={label}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {sign}
      </button>
      {isOpen && (
        // The buttons inside are what is operated; this only hears of them.
        <ul onClickCapture={onChosen}>{children}</ul>
      )}
    </div>
  )
}

/** An entry of a menu. */
export function MenuItem({ children, onChoose }: { children: ComponentChildren; onChoose: () => void }) {
  return (
    <li>
      <button type="button" class="quiet" onClick={onChoose}>
        {children}
      </button>
    </li>
  )
}
