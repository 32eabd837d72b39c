/** Repositories as anyone may read and check them over HTTP. */
import { Refused } from '../../durability/load.js'
import { verified, type VerifiedRepo } from '../verified.js'
import type { MortalServer } from './mortal-server.js'

/** The did:key that a DID's repository is signed with, as the directory says. */
export function keyOf(server: MortalServer, did: string): Promise<string> {
  return server.answer(async () => {
    const response = await fetch(`${server.url}/${did}/data`)
    const { verificationMethods } = (await response.json()) as { verificationMethods: { atproto: string } }
    return verificationMethods.atproto
  })
}

/** The repository as it stands, checked; null where it is deleted. */
export async function repositoryOf(server: MortalServer, did: string): Promise<VerifiedRepo | null> {
  const car = await server.answer(async () => {
    const response = await fetch(`${server.url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (response.status === 400) return null
    if (response.status !== 200) throw new Refused(response.status, Buffer.from(bytes).toString())
    return bytes
  })
  return car && verified(car, did, await keyOf(server, did))
}
