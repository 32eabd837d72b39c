import { query } from '../api/call.js'
import { useLoad } from '../ui/use-load.js'
import { type DidDocument, hostOf, isThisServer } from './repos.js'

/** That a repository here is a copy, and of what; nothing for one that lives here, or where nobody says. */
export function CopyBadge({ did }: { did: string }) {
  const host = useLoad(async () => {
    const { didDoc } = await query<{ didDoc: DidDocument }>('com.atproto.identity.resolveDid', { did })
    return hostOf(didDoc)
  }, [did])
  if (!host.value || isThisServer(host.value)) return null
  return <span class="badge">copy from {nameOf(host.value)}</span>
}

function nameOf(host: string): string {
  return URL.canParse(host) ? new URL(host).host : host.slice(0, 100)
}
