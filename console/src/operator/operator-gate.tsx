import type { ComponentChildren } from 'preact'
import { becomeOperator, leaveOperator, operator } from '../api/operator.js'
import { Field, Form, secretOf } from '../ui/form.js'
import { Page } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'

/** A page of the operator's; without the admin password it asks for that. */
export function OperatorPage({ title, children }: { title: string; children: ComponentChildren }) {
  const action = useAction((form: FormData) => becomeOperator(secretOf(form, 'password')))
  if (operator.value)
    return (
      <Page
        title={title}
        actions={
          <button type="button" class="quiet" onClick={leaveOperator}>
            Leave
          </button>
        }
      >
        <div class="wide">{children}</div>
      </Page>
    )
  return (
    <Page title={title}>
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
