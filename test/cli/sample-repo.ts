import { writeFileSync } from 'node:fs'
import {
  Cid,
  type Did,
  encodeCar,
  encodeCbor,
  formatCommit,
  type FormattedCommit,
  Mst,
  type RepoWrite,
  SigningKey,
  TidClock,
} from '../../src/repo-engine/index.js'
import { formatGenesis } from '../../src/modules/identity/plc/genesis.js'
import type { PlcUpdate } from '../../src/modules/identity/plc/operation.js'

export interface SampleRepo {
  did: Did
  key: SigningKey
  /** The PLC operation that makes the DID known. */
  genesis: PlcUpdate
  commit: FormattedCommit
  paths: string[]
}

export interface SampleOptions {
  posts?: number
  /** The commit is of this DID instead of its own. */
  claims?: Did
  handle?: string
  /** did:keys that overrule its host's. */
  recoveryKeys?: string[]
}

/**
 * A signed repository of some posts and a profile, by a new did:plc that no directory knows yet; or one that claims to
 * be of another DID.
 */
export function sampleRepo({
  posts = 40,
  claims,
  handle = 'carla.example.com',
  recoveryKeys = [],
}: SampleOptions = {}): SampleRepo {
  const key = SigningKey.generate('k256')
  const genesis = formatGenesis({
    handle,
    signingKey: key.didKey,
    rotationKey: SigningKey.generate('k256'),
    recoveryKeys,
    pdsUrl: 'https://pds.example.com',
  })
  const did = claims ?? genesis.did
  const tids = new TidClock(() => Date.now())
  const writes: RepoWrite[] = []
  const create = (path: string, record: Record<string, string>): void => {
    const bytes = encodeCbor(record)
    writes.push({ action: 'create', path, cid: Cid.ofCbor(bytes), bytes })
  }
  create('app.bsky.actor.profile/self', { $type: 'app.bsky.actor.profile', displayName: 'Carla' })
  for (let i = 0; i < posts; i++)
    create(`app.bsky.feed.post/${tids.next()}`, {
      $type: 'app.bsky.feed.post',
      text: `post ${i}`,
      createdAt: '2026-01-01T00:00:00Z',
    })
  const commit = formatCommit({ did, tree: Mst.empty(), head: null, since: null, rev: tids.next(), writes, key })
  return { did, key, genesis: genesis.op, commit, paths: writes.map(({ path }) => path) }
}

/** Writes the repository to a CAR file, with blocks that do not belong to it if any are given. */
export function writeCar(file: string, repo: SampleRepo, strangers: readonly Uint8Array[] = []): void {
  writeFileSync(file, carOf(repo, strangers))
}

/** As {@link writeCar}, its bytes. */
export function carOf({ commit }: Pick<SampleRepo, 'commit'>, strangers: readonly Uint8Array[] = []): Buffer {
  const { cid, bytes, addedNodes, records } = commit
  return encodeCar(cid, [
    { cid, bytes },
    ...addedNodes,
    ...records,
    ...strangers.map((block) => ({ cid: Cid.ofCbor(block), bytes: block })),
  ])
}
