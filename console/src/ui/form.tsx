import type { ComponentChildren, JSX } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { FaultNotice } from './notice.js'
import type { Action } from './use-action.js'

/** A form that runs an action with what was filled in, and says what came of it. Fields are read by their names. */
export function Form({
  action,
  submit,
  done,
  children,
}: {
  action: Action<[FormData]>
  /** What the button says. */
  submit: string
  /** What is said when it has succeeded; the fields are empty again then. */
  done?: string
  children: ComponentChildren
}) {
  const form = useRef<HTMLFormElement>(null)
  useLayoutEffect(() => {
    if (action.isDone && done) form.current!.reset()
  }, [action.isDone])
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    void action.run(new FormData(event.currentTarget as HTMLFormElement))
  }
  return (
    <form ref={form} onSubmit={onSubmit} aria-busy={action.isRunning}>
      {children}
      <FaultNotice fault={action.fault} />
      {action.isDone && done ? (
        <p class="notice good" role="status">
          {done}
        </p>
      ) : null}
      <p>
        <button type="submit" class="primary" aria-disabled={action.isRunning}>
          {submit}
        </button>
      </p>
    </form>
  )
}

/** A line to fill in, with its name above and, where that does not say all, a word about it below. */
export function Field({ label, hint, ...input }: { label: string; hint?: string } & JSX.IntrinsicElements['input']) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} aria-describedby={hint ? `${id}-hint` : undefined} {...input} />
      {hint ? <small id={`${id}-hint`}>{hint}</small> : null}
    </div>
  )
}

/** Something of a few. */
export function Choice({
  label,
  children,
  ...select
}: { label: string; children: ComponentChildren } & JSX.IntrinsicElements['select']) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} {...select}>
        {children}
      </select>
    </div>
  )
}

/** Something that is so, or not. */
export function Tick({
  label,
  ...input
}: {
  label: string
  name?: string
  checked?: boolean
  defaultChecked?: boolean
  required?: boolean
  onChange?: (event: Event) => void
}) {
  return (
    <label class="tick">
      <input type="checkbox" {...input} /> {label}
    </label>
  )
}

/** The text of a field, without what stands around it; empty where it was left so. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

/** A secret of a field, as it was typed. */
export function secretOf(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}
