import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { becomeOperator, isRefused, leaveOperator, operator } from '../api/operator.js'
import { Field, Form, secretOf } from '../ui/form.js'
import { Notice } from '../ui/notice.js'
import { Page } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'
import './operator.css'

const PAGES: [href: string, label: string][] = [
  ['/operator', 'Overview'],
  ['/operator/accounts', 'Accounts'],
  ['/operator/invites', 'Invites'],
  ['/operator/reports', 'Reports'],
  ['/operator/takedown', 'Takedown'],
  ['/operator/labels', 'Labels'],
  ['/operator/log', 'Log and projections'],
  ['/operator/network', 'Network'],
  ['/operator/storage', 'Storage'],
  ['/operator/mail', 'Mail'],
  ['/operator/backups', 'Backups'],
  ['/operator/doctor', 'Doctor'],
  ['/operator/settings', 'Settings'],
  ['/operator/actions', 'Actions'],
]

/** A page of the operator's, under the way to the others; without the admin password it asks for that. */
export function OperatorFrame({ title, children }: { title: string; children: ComponentChildren }) {
  const { path } = useLocation()
  if (!operator.value) return <Entrance title={title} />
  return (
    <Page
      title={title}
      actions={
        <button type="button" class="quiet" onClick={leaveOperator}>
          Leave
        </button>
      }
    >
      <div class="wide">
        <nav class="subnav" aria-label="Operator">
          {PAGES.map(([href, label]) => (
            <a key={href} href={href} aria-current={path === href ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        {children}
      </div>
    </Page>
  )
}

function Entrance({ title }: { title: string }) {
  const action = useAction((form: FormData) => becomeOperator(secretOf(form, 'password')))
  return (
    <Page title={title}>
      {isRefused.value ? (
        <Notice kind="note">The password has been changed. Give the one that counts now.</Notice>
      ) : null}
      <p>
        These pages are for whoever runs this server. The password was shown when it was started for the first time; it
        is in <code>secrets.json</code> in the data directory, unless <code>PDS_ADMIN_PASSWORD</code> says another.
      </p>
      <Form action={action} submit="Go on">
        <Field label="Admin password" name="password" type="password" autocomplete="current-password" required />
      </Form>
    </Page>
  )
}
