import type { ComponentChildren } from 'preact'
import type { Fault } from '../api/fault.js'

/** Something that has to be noticed. `good` and `note` are told when there is time, `bad` at once. */
export function Notice({ kind, children }: { kind: 'good' | 'note' | 'bad'; children: ComponentChildren }) {
  return (
    <p class={`notice ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      {children}
    </p>
  )
}

/** What went wrong, if anything did. */
export function FaultNotice({ fault }: { fault: Fault | undefined }) {
  return fault ? <Notice kind="bad">{fault.message}</Notice> : null
}
