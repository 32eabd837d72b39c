import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { account, ownDid, keepSession } from '../api/account.js'
import { agent, refreshAccount } from '../api/session.js'
import { Ask } from '../ui/ask.js'
import { Dialog } from '../ui/dialog.js'
import { Field, Form, secretOf, textOf } from '../ui/form.js'
import { FaultNotice, Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'
import { usePages } from '../ui/use-pages.js'
import { Paged } from '../ui/loaded.js'
import { SettingsFrame } from './settings-frame.js'

/** Everything that one has here: to take along, to rest, to end. */
export default function DataPage() {
  return (
    <SettingsFrame title="Your data">
      <Section title="Take it along">
        <Export />
      </Section>
      {isTakenDown() ? null : (
        <Section title="Rest">
          <Activity />
        </Section>
      )}
      <Section title="End">
        <Deletion />
      </Section>
    </SettingsFrame>
  )
}

/** There is nothing that its owner can do about that. */
function isTakenDown(): boolean {
  const { active, status } = account.value ?? {}
  return active === false && status !== 'deactivated'
}

function Export() {
  const did = ownDid()
  const blobs = usePages(
    async (cursor) => {
      const { data } = await agent.com.atproto.sync.listBlobs({ did, cursor, limit: 100 })
      return { items: data.cids, cursor: data.cursor }
    },
    [did],
  )
  return (
    <>
      <p>
        Your repository is everything that you have posted, liked and followed, signed by you. Any server of the AT
        Protocol takes it in, and anybody can check it.
      </p>
      <p class="row">
        <a
          class="button primary"
          href={`/xrpc/com.atproto.sync.getRepo?did=${encodeURIComponent(did)}`}
          download={`${did}.car`}
        >
          Download the repository (CAR)
        </a>
        <a href={`/explore/${did}`}>Look at it</a>
      </p>
      <details>
        <summary>Images and other blobs</summary>
        <Paged of={blobs} empty="There are none.">
          {(cids) => (
            <ul>
              {cids.map((cid) => (
                <li key={cid}>
                  <a href={`/xrpc/com.atproto.sync.getBlob?did=${encodeURIComponent(did)}&cid=${cid}`} download={cid}>
                    <code>{cid}</code>
                  </a>
                </li>
              ))}
            </ul>
          )}
        </Paged>
      </details>
    </>
  )
}

function Activity() {
  const [isAsked, setAsked] = useState(false)
  const isActive = account.value!.active !== false
  const rest = useAction(async () => {
    await agent.com.atproto.server.deactivateAccount({})
    await refreshAccount()
  })
  const wake = useAction(async () => {
    await agent.com.atproto.server.activateAccount()
    await refreshAccount()
  })
  return (
    <>
      <p>
        {isActive
          ? 'While an account is deactivated, nothing of it is shown anywhere, and nothing is lost.'
          : 'The account is deactivated: nobody sees anything of it.'}
      </p>
      <p>
        {isActive ? (
          <button type="button" onClick={() => setAsked(true)}>
            Deactivate …
          </button>
        ) : (
          <button type="button" onClick={() => void wake.run()} aria-disabled={wake.isRunning}>
            Activate
          </button>
        )}
      </p>
      <FaultNotice fault={wake.fault} />
      {isAsked ? (
        <Ask title="Deactivate the account?" confirm="Deactivate" action={rest} onClose={() => setAsked(false)}>
          Your posts and your profile are out of sight everywhere, until you come back here and activate it again.
        </Ask>
      ) : null}
    </>
  )
}

function Deletion() {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <p>
        Deletes the account with everything that it has here. Nobody can bring it back; download your repository first.
      </p>
      <p>
        <button type="button" class="danger" onClick={() => setOpen(true)}>
          Delete the account …
        </button>
      </p>
      {isOpen ? (
        <Dialog title="Delete the account" onClose={() => setOpen(false)}>
          <DeletionForm />
        </Dialog>
      ) : null}
    </>
  )
}

function DeletionForm() {
  const { route } = useLocation()
  const { did, handle } = account.value!
  const ask = useAction(() => agent.com.atproto.server.requestAccountDelete())
  const end = useAction(async (form: FormData) => {
    if (textOf(form, 'handle').replace(/^@/, '') !== handle) throw new Error(`To be sure, type ${handle}`)
    await agent.com.atproto.server.deleteAccount({
      did,
      password: secretOf(form, 'password'),
      token: textOf(form, 'code'),
    })
    keepSession(undefined)
    route('/')
  })
  if (!ask.isDone)
    return (
      <>
        <p>
          A code is needed, which goes to {account.value!.email}. Without a mail server here, the operator can tell it
          to you.
        </p>
        <p>
          <button type="button" onClick={() => void ask.run()} aria-disabled={ask.isRunning}>
            Send a code
          </button>
        </p>
        <FaultNotice fault={ask.fault} />
      </>
    )
  return (
    <>
      <Notice kind="note">The code is on its way.</Notice>
      <Form action={end} submit="Delete everything">
        <Field label="Code" name="code" autocomplete="one-time-code" required />
        <Field label="Your password" name="password" type="password" autocomplete="current-password" required />
        <Field
          label={`Your handle, ${handle}, to be sure`}
          name="handle"
          autocapitalize="none"
          spellcheck={false}
          required
        />
      </Form>
    </>
  )
}
