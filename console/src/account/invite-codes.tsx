import { agent } from '../api/session.js'
import { Loaded } from '../ui/loaded.js'
import { useLoad } from '../ui/use-load.js'

/** The codes that an account may give to its friends, and who has come by them. */
export function InviteCodes() {
  const codes = useLoad(async () => (await agent.com.atproto.server.getAccountInviteCodes()).data.codes, [])
  return (
    <Loaded of={codes}>
      {(codes) =>
        codes.length === 0 ? (
          <p class="empty">You have no invite codes. The operator can give you some.</p>
        ) : (
          <ul class="cards">
            {codes.map(({ code, available, uses }) => (
              <li key={code}>
                <code>{code}</code> · {available - uses.length} of {available} left ·{' '}
                <a href={`/sign-up?invite=${encodeURIComponent(code)}`}>link for a friend</a>
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}
