import { generate } from 'lean-qr'
import { toSvg } from 'lean-qr/extras/svg'
import { useEffect, useRef, useState } from 'preact/hooks'
import { own } from '../api/own.js'
import { Field, Form, secretOf, textOf } from '../ui/form.js'
import { Notice } from '../ui/notice.js'
import { Time } from '../ui/time.js'
import { useAction } from '../ui/use-action.js'
import type { Factors } from './credentials-page.js'

interface Setup {
  uri: string
  secret: string
}

/** An app that makes a code every half minute (RFC 6238): set up in two steps, done without by the password and a code. */
export function AuthenticatorApp({ totp, onChange }: { totp: Factors['totp']; onChange: () => Promise<void> }) {
  const [codes, setCodes] = useState<string[]>()
  const keep = async (backupCodes: string[]): Promise<void> => {
    setCodes(backupCodes)
    await onChange()
  }
  return (
    <>
      {codes ? <BackupCodes codes={codes} /> : null}
      {totp.on ? <Remove totp={totp} onChange={onChange} /> : <SetUp onDone={keep} />}
    </>
  )
}

function SetUp({ onDone }: { onDone: (backupCodes: string[]) => Promise<void> }) {
  const [setup, setSetup] = useState<Setup>()
  const begin = useAction(async (form: FormData) =>
    setSetup(await own<Setup>('/account/totp/begin', { password: secretOf(form, 'password') })),
  )
  const confirm = useAction(async (form: FormData) => {
    const { backupCodes } = await own<{ backupCodes: string[] }>('/account/totp/confirm', {
      code: textOf(form, 'code'),
    })
    await onDone(backupCodes)
  })
  if (!setup)
    return (
      <Form action={begin} submit="Set up">
        <p>At every sign-in an app on your phone is then asked for a code. App passwords go on to work without.</p>
        <Field label="Your password" name="password" type="password" autocomplete="current-password" required />
      </Form>
    )
  return (
    <Form action={confirm} submit="Confirm">
      <p>Read this picture with the app, or type the secret into it:</p>
      <Picture of={setup.uri} />
      <p>
        <code>{setup.secret}</code>
      </p>
      <Field
        label="The code that the app shows"
        name="code"
        inputMode="numeric"
        autocomplete="one-time-code"
        required
      />
    </Form>
  )
}

function Picture({ of: uri }: { of: string }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const svg = toSvg(generate(uri), document, { on: 'black', off: 'white', scale: 1, padX: 4, padY: 4 })
    svg.setAttribute('class', 'qr')
    svg.setAttribute('role', 'img')
    svg.setAttribute('aria-label', 'The secret, for the camera of your phone')
    place.current!.replaceChildren(svg)
  }, [uri])
  return <div ref={place} />
}

function BackupCodes({ codes }: { codes: string[] }) {
  return (
    <>
      <Notice kind="good">
        The app is set up. These codes work once each, in case you lose it; they are shown only now. Print them, or
        write them down.
      </Notice>
      <pre>{codes.join('\n')}</pre>
    </>
  )
}

function Remove({ totp, onChange }: { totp: Factors['totp'] & { on: true }; onChange: () => Promise<void> }) {
  const action = useAction(async (form: FormData) => {
    await own('/account/totp/remove', { password: secretOf(form, 'password'), code: textOf(form, 'code') })
    await onChange()
  })
  return (
    <Form action={action} submit="Do without the app">
      <p>
        Set up <Time at={totp.since} />. {totp.backupCodesLeft} backup codes are left.
      </p>
      <Field label="Your password" name="password" type="password" autocomplete="current-password" required />
      <Field label="Code of the app, or a backup code" name="code" autocomplete="one-time-code" required />
    </Form>
  )
}
