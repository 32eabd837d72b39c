import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { account } from '../api/account.js'
import { signInPath } from '../app/way-back.js'

/** What only somebody who is signed in can see; everybody else is shown the way to sign in. */
export function Member({ children }: { children: ComponentChildren }) {
  const { url } = useLocation()
  return account.value ? (
    <>{children}</>
  ) : (
    <p>
      This needs an account: <a href={signInPath(url)}>sign in</a> or <a href="/sign-up">sign up</a>.
    </p>
  )
}
