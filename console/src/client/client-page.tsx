import type { ComponentChildren } from 'preact'
import { Waiting } from '../ui/loaded.js'
import { Page } from '../ui/page.js'
import './client.css'
import { ComposeDialog } from './compose/compose-dialog.js'
import { useRules } from './judge.js'

/** A page of the client: it shows what others have written as the reader wants it shown, and has the dialog to write in. */
export function ClientPage({
  title,
  actions,
  children,
}: {
  title: string
  actions?: ComponentChildren
  children: ComponentChildren
}) {
  const isReady = useRules()
  return (
    <Page title={title} actions={actions}>
      {isReady ? children : <Waiting />}
      <ComposeDialog />
    </Page>
  )
}
