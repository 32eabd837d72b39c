/** The mails that carry a code, in text and HTML. */
import type { Mail, MailKind } from './mailer.js'

/** What a code is for. */
export type CodePurpose = Exclude<MailKind, 'moderation' | 'test'>

const WORDS: Record<CodePurpose, { subject: string; text: string }> = {
  confirm_email: { subject: 'Confirm your email', text: 'Enter this code to confirm that this address is yours.' },
  update_email: { subject: 'Email update requested', text: 'Enter this code to change the address of your account.' },
  reset_password: { subject: 'Password reset requested', text: 'Enter this code to choose another password.' },
  delete_account: {
    subject: 'Account deletion requested',
    text: 'Enter this code to delete your account with everything in it. This cannot be undone.',
  },
  plc_operation: {
    subject: 'PLC update operation requested',
    text: 'Enter this code to change your identity in the PLC directory. Do so only if you know why.',
  },
  sign_in: {
    subject: 'Sign-in code',
    text: 'Enter this code to sign in. If you are not signing in, change your password.',
  },
}

/** A mail with a code for an account. `server` is the name of the host. */
export function codeMail(
  purpose: CodePurpose,
  account: { did: string; handle: string; email: string },
  code: string,
  server: string,
): Mail {
  const { subject, text } = WORDS[purpose]
  const { did, handle, email } = account
  const end = `The code works for 15 minutes and once. If you did not ask for it, you need not do anything.`
  return {
    kind: purpose,
    did,
    secret: code,
    to: email,
    subject,
    text: `${text}\n\n    ${code}\n\nAccount: ${handle}\nServer: ${server}\n\n${end}\n`,
    html:
      `<p>${escape(text)}</p><p style="font:1.5em monospace">${escape(code)}</p>` +
      `<p>Account: ${escape(handle)}<br>Server: ${escape(server)}</p><p>${escape(end)}</p>`,
  }
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as it stands in HTML, also within quotes. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
