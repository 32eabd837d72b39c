import type { ComponentChildren } from 'preact'
import { account } from '../api/session.js'

/** What only somebody who is signed in can see; everybody else is shown the way to sign in. */
export function Member({ children }: { children: ComponentChildren }) {
  return account.value ? (
    <>{children}</>
  ) : (
    <p>
      This needs an account: <a href="/sign-in">sign in</a> or <a href="/sign-up">sign up</a>.
    </p>
  )
}
