import { query } from '../api/call.js'
import { useLoad } from '../ui/use-load.js'
import { hostOf, readDidDocument } from './read-did-document.js'
import { isThisServer } from './repos.js'

/** That a repository here is a copy, and of what; nothing for one that lives here, or where nobody says. */
export function CopyBadge({ did }: { did: string }) {
  const host = useLoad(async () => {
    const { didDoc } = await query<{ didDoc: unknown }>('com.atproto.identity.resolveDid', { did })
    return hostOf(readDidDocument(didDoc))
  }, [did])
  if (!host.value || isThisServer(host.value)) return null
  return <span class="badge">copy from {nameOf(host.value)}</span>
}

function nameOf(host: string): string {
  return URL.canParse(host) ? new URL(host).host : host.slice(0, 100)
}
