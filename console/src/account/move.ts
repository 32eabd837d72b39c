/**
 * Moving an account from one server to another, in the browser of its owner, by the methods that both have
 * (https://atproto.com/guides/account-migration). Until the identity is changed, the account lives where it was; a step that
 * failed can be done again, because each looks at what is there.
 */
import type { AtpAgent } from '@atproto/api'

export const MOVE_STEPS = [
  'account',
  'repository',
  'blobs',
  'preferences',
  'identity',
  'activation',
  'deactivation',
] as const
export type MoveStep = (typeof MOVE_STEPS)[number]

/** The account that is to be made. */
export interface NewPlace {
  handle: string
  email: string
  password: string
  inviteCode?: string
}

export interface MoveCalls {
  onStep(step: MoveStep): void
  /** So many blobs are there, of so many. */
  onBlobs(done: number, total: number): void
  /** Asks the owner for the code that the old server has sent by mail. */
  askForCode(): Promise<string>
}

/**
 * Moves the account that `from` is signed in to. `to` is a client of the new server, and is signed in to it in the end.
 * Gives the CIDs of blobs that could not be moved.
 * @throws XRPCError with what a server says against it
 */
export async function moveAccount(from: AtpAgent, to: AtpAgent, place: NewPlace, calls: MoveCalls): Promise<string[]> {
  const did = from.session!.did
  calls.onStep('account')
  if (!to.hasSession) await openAccount(from, to, did, place)
  calls.onStep('repository')
  const { data: status } = await to.com.atproto.server.checkAccountStatus()
  if (status.indexedRecords === 0) {
    const { data: car } = await from.com.atproto.sync.getRepo({ did })
    await to.com.atproto.repo.importRepo(car, { encoding: 'application/vnd.ipld.car' })
  }
  calls.onStep('blobs')
  const lost = await moveBlobs(from, to, did, calls)
  calls.onStep('preferences')
  const { data: preferences } = await from.app.bsky.actor.getPreferences()
  await to.app.bsky.actor.putPreferences(preferences)
  calls.onStep('identity')
  await changeIdentity(from, to, did, calls)
  calls.onStep('activation')
  await to.com.atproto.server.activateAccount()
  calls.onStep('deactivation')
  await from.com.atproto.server.deactivateAccount({})
  return lost
}

/** An account of the same identity on the new server, which knows by the old one's word that its owner wants it. */
async function openAccount(from: AtpAgent, to: AtpAgent, did: string, place: NewPlace): Promise<void> {
  const { data: server } = await to.com.atproto.server.describeServer()
  const { data: vouched } = await from.com.atproto.server.getServiceAuth({
    aud: server.did,
    lxm: 'com.atproto.server.createAccount',
  })
  const begun = { identifier: did, password: place.password }
  try {
    await to.com.atproto.server.createAccount(
      { did, ...place },
      { headers: { authorization: `Bearer ${vouched.token}` }, encoding: 'application/json' },
    )
  } catch (error) {
    // A move that was broken off has made it already, with this password.
    await to.login(begun).catch(() => undefined)
    if (!to.hasSession) throw error
    return
  }
  await to.login(begun)
}

/** Sends what the new server misses; what the old one has not got either is told, and does not hold up the rest. */
async function moveBlobs(from: AtpAgent, to: AtpAgent, did: string, { onBlobs }: MoveCalls): Promise<string[]> {
  const lost: string[] = []
  const { data: before } = await to.com.atproto.server.checkAccountStatus()
  let done = before.importedBlobs
  for (let cursor: string | undefined; ;) {
    const { data } = await to.com.atproto.repo.listMissingBlobs({ cursor, limit: 100 })
    for (const { cid } of data.blobs) {
      onBlobs(done, before.expectedBlobs)
      const blob = await from.com.atproto.sync.getBlob({ did, cid }).catch(unlessMissing)
      if (blob) {
        const encoding = blob.headers['content-type'] ?? 'application/octet-stream'
        await to.com.atproto.repo.uploadBlob(blob.data, { encoding })
        done++
      } else lost.push(cid)
    }
    cursor = data.cursor
    if (cursor === undefined) return lost
  }
}

/** Null for an answer that there is no such blob; whatever else is wrong ends the move, which can be tried again. */
function unlessMissing(error: unknown): null {
  if (/^(BlobNotFound|InvalidRequest|NotFound)$/.test((error as { error?: string }).error ?? '')) return null
  throw error
}

async function changeIdentity(from: AtpAgent, to: AtpAgent, did: string, { askForCode }: MoveCalls): Promise<void> {
  const { data: credentials } = await to.com.atproto.identity.getRecommendedDidCredentials()
  // The document of a did:web is its owner's own file.
  if (!did.startsWith('did:plc:') || (await isThere(to))) return
  await from.com.atproto.identity.requestPlcOperationSignature()
  const token = await askForCode()
  const { data } = await from.com.atproto.identity.signPlcOperation({ token, ...credentials })
  await to.com.atproto.identity.submitPlcOperation({ operation: data.operation })
}

/** The identity names the new server already. */
async function isThere(to: AtpAgent): Promise<boolean> {
  const { data } = await to.com.atproto.server.checkAccountStatus()
  return data.validDid
}
