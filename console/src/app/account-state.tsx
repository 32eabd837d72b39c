import { useLocation } from 'preact-iso'
import { account } from '../api/account.js'
import { Notice } from '../ui/notice.js'

/** Tells somebody whose account is out of use why much does not work, and what there is to do. */
export function AccountState() {
  const { path } = useLocation()
  const { active, status } = account.value ?? {}
  // An account that moves here is not in use until all of it is there.
  if (active !== false || path === '/settings/move') return null
  return (
    <Notice kind="note">
      {status === 'deactivated' ? (
        <>
          Your account is deactivated: nobody sees it, and it cannot write.{' '}
          <a href="/settings/data">Activate it again</a>
        </>
      ) : (
        <>
          Your account is taken down by the operator of this server: nobody sees it, and it cannot write. You can take{' '}
          <a href="/settings/data">your data</a> along.
        </>
      )}
    </Notice>
  )
}
