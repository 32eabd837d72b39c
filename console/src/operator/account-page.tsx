import type { ComAtprotoAdminDefs } from '@atproto/api'
import { useLocation, useRoute } from 'preact-iso'
import { useState } from 'preact/hooks'
import { Fault } from '../api/fault.js'
import { ask, order } from '../api/operator.js'
import { profilePath } from '../client/links.js'
import { explorePath, takedownPath } from '../everyone/places.js'
import { Ask } from '../ui/ask.js'
import { Dialog } from '../ui/dialog.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { FaultNotice, Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { Time } from '../ui/time.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'
import { ActionsOf } from './actions-of.js'
import { newPassword } from './new-password.js'
import { OperatorFrame } from './operator-frame.js'
import { Takedown } from './takedown.js'

type Account = ComAtprotoAdminDefs.AccountView

/** One account, and what the operator can do for it or against it. */
export default function AccountPage() {
  return (
    <OperatorFrame title="Account">
      <AccountOf />
    </OperatorFrame>
  )
}

function AccountOf() {
  const did = useRoute().params.account!
  const account = useLoad(() => fetchAccount(did), [did])
  const [changes, setChanges] = useState(0)
  return (
    <Loaded of={account}>
      {(known) =>
        known === null ? (
          <Elsewhere did={did} />
        ) : (
          <>
            <Facts of={known} />
            <Section title="Takedown">
              <Takedown subject={{ did }} onChange={() => setChanges(changes + 1)} />
            </Section>
            <Section title="When somebody cannot get in">
              <Rescue account={known} onChange={account.reload} />
            </Section>
            <Section title="Invites">
              <MayInvite account={known} onChange={account.reload} />
            </Section>
            <Section title="What was done">
              <ActionsOf key={changes} subject={did} />
            </Section>
            <Section title="End">
              <Deletion account={known} />
            </Section>
          </>
        )
      }
    </Loaded>
  )
}

/** Null: no account of this server. */
async function fetchAccount(did: string): Promise<Account | null> {
  try {
    return await ask<Account>('/xrpc/com.atproto.admin.getAccountInfo', { did })
  } catch (error) {
    if (Fault.of(error).error === 'NotFound') return null
    throw error
  }
}

/** Of somebody whose account is on another server, or is gone, there may be a copy here. */
function Elsewhere({ did }: { did: string }) {
  return (
    <>
      <p>
        This server has no account of <code>{did}</code>. What is here of it is a copy:{' '}
        <a href={explorePath(did)}>repository</a> · <a href={takedownPath(did)}>takedown</a>
      </p>
      <Section title="What was done">
        <ActionsOf subject={did} />
      </Section>
    </>
  )
}

function Facts({ of: { did, handle, email, emailConfirmedAt, indexedAt, deactivatedAt, invitedBy } }: { of: Account }) {
  return (
    <dl class="facts">
      <dt>Handle</dt>
      <dd>
        <a href={profilePath({ did, handle: '' })}>@{handle}</a> · <a href={explorePath(did)}>repository</a>
      </dd>
      <dt>DID</dt>
      <dd>
        <code>{did}</code>
      </dd>
      <dt>Email</dt>
      <dd>
        {email} {emailConfirmedAt ? '(confirmed)' : '(not confirmed)'}
      </dd>
      <dt>Made</dt>
      <dd>
        <Time at={indexedAt} />
        {invitedBy ? ` by the invite of ${invitedBy.forAccount}` : ''}
      </dd>
      {deactivatedAt ? (
        <>
          <dt>Deactivated</dt>
          <dd>
            <Time at={deactivatedAt} />
          </dd>
        </>
      ) : null}
    </dl>
  )
}

function Rescue({ account: { did, handle }, onChange }: { account: Account; onChange: () => Promise<void> }) {
  const [password, setPassword] = useState<string>()
  const [asked, setAsked] = useState<'password' | 'factors'>()
  const close = (): void => setAsked(undefined)
  const reset = useAction(async () => {
    const made = newPassword()
    await order('/xrpc/com.atproto.admin.updateAccountPassword', { did, password: made })
    setPassword(made)
  })
  const codes = useLoad(
    () =>
      ask<{ codes: { purpose: string; code: string; expiresAt: number }[] }>('/admin/accounts/codes', { account: did }),
    [did],
  )
  const confirm = useAction(async () => {
    await order('/admin/accounts/confirm-email', { account: did })
    await onChange()
  })
  const removeFactors = useAction(() => order('/admin/accounts/factors/remove', { account: did }))
  return (
    <>
      <p class="row">
        <button type="button" onClick={() => setAsked('password')}>
          Reset the password …
        </button>
        <button type="button" onClick={() => void confirm.run()}>
          Take the address for confirmed
        </button>
        <button type="button" onClick={() => setAsked('factors')}>
          Do without second factors …
        </button>
        <button type="button" onClick={() => void codes.reload()}>
          Look for codes again
        </button>
      </p>
      {asked === 'password' ? (
        <Ask title={`Reset the password of @${handle}?`} confirm="Reset" action={reset} onClose={close}>
          The present password stops working, and every session ends. A new one is made, for you to tell.
        </Ask>
      ) : null}
      {asked === 'factors' ? (
        <Ask
          title={`Let @${handle} in by the password alone?`}
          confirm="Remove them"
          action={removeFactors}
          onClose={close}
        >
          The authenticator app and the codes by mail are asked for no more, until they are set up anew.
        </Ask>
      ) : null}
      {password ? (
        <Notice kind="good">
          The new password, shown only now: <code>{password}</code>. Every session has ended.
        </Notice>
      ) : null}
      {removeFactors.isDone ? <Notice kind="good">The password alone opens the account now.</Notice> : null}
      <FaultNotice fault={confirm.fault} />
      <Loaded of={codes}>
        {({ codes }) =>
          codes.length === 0 ? (
            <p class="empty">No code that was asked for still works.</p>
          ) : (
            <ul>
              {codes.map(({ purpose, code, expiresAt }) => (
                <li key={code}>
                  <code>{code}</code> for {purpose}, until <Time at={expiresAt} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  )
}

function MayInvite({
  account: { did, invitesDisabled },
  onChange,
}: {
  account: Account
  onChange: () => Promise<void>
}) {
  const change = useAction(async () => {
    const method = invitesDisabled ? 'enableAccountInvites' : 'disableAccountInvites'
    await order(`/xrpc/com.atproto.admin.${method}`, { account: did })
    await onChange()
  })
  return (
    <>
      <p>{invitesDisabled ? 'This account may not invite others.' : 'This account may invite others.'}</p>
      <p>
        <button type="button" onClick={() => void change.run()}>
          {invitesDisabled ? 'Let it invite' : 'Let it not invite'}
        </button>
      </p>
      <FaultNotice fault={change.fault} />
    </>
  )
}

function Deletion({ account: { did, handle } }: { account: Account }) {
  const { route } = useLocation()
  const [isOpen, setOpen] = useState(false)
  const end = useAction(async (form: FormData) => {
    if (textOf(form, 'handle').replace(/^@/, '') !== handle) throw new Error(`To be sure, type ${handle}`)
    await order('/xrpc/com.atproto.admin.deleteAccount', { did })
    route('/operator/accounts')
  })
  return (
    <>
      <p>
        <button type="button" class="danger" onClick={() => setOpen(true)}>
          Delete the account …
        </button>
      </p>
      {isOpen ? (
        <Dialog title={`Delete @${handle}`} onClose={() => setOpen(false)}>
          <p>With everything that it has here. One event in the log says that it is gone.</p>
          <Form action={end} submit="Delete everything">
            <Field label={`Its handle, ${handle}, to be sure`} name="handle" autocapitalize="none" required />
          </Form>
        </Dialog>
      ) : null}
    </>
  )
}
