import type { NextAccount, OldAccount } from './two-accounts.js'

const TIMEOUT_MS = 30_000

export interface IdentityMove {
  old: OldAccount
  next: NextAccount
  /** Came by mail. */
  code: string
  recoveryKey: string | null
  /** Origin of the PLC directory. */
  plc: string
}

/**
 * Has the old server sign an operation that makes a did:plc name the new one, and the new one register it. Rotation keys
 * that are not the old server's are the owner's own, and stay first. @throws RemoteError; Error when the directory is silent
 */
export async function moveIdentity(did: string, { old, next, code, recoveryKey, plc }: IdentityMove): Promise<void> {
  const wanted = await next.recommended()
  const present = await rotationKeysOf(did, plc)
  const ofOldServer = (await old.recommended()).rotationKeys ?? []
  const own = present.filter((key) => !ofOldServer.includes(key))
  const keys = [...(recoveryKey === null ? [] : [recoveryKey]), ...own, ...(wanted.rotationKeys ?? [])]
  await next.submit(await old.sign(code, { ...wanted, rotationKeys: [...new Set(keys)] }))
}

async function rotationKeysOf(did: string, plc: string): Promise<string[]> {
  const response = await fetch(`${plc}/${did}/data`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => null)
  const data = response?.ok ? ((await response.json()) as { rotationKeys?: unknown }) : null
  if (!Array.isArray(data?.rotationKeys))
    throw new Error(`the PLC directory at ${plc} does not tell what ${did} is now`)
  return data.rotationKeys as string[]
}
