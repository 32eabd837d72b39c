/** What tests of adoption begin with: repositories of accounts whose host is gone, and the key that can move them. */
import { CommandBus } from '@nestjs/cqrs'
import {
  AdoptAccount,
  type AdoptedAccount,
  type AdoptionInput,
} from '../../../src/modules/account/sign-up/adopt-account.js'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { Database } from '../../../src/modules/database/database.js'
import { DnsTxt } from '../../../src/modules/identity/dns-txt.js'
import { stateOf } from '../../../src/modules/identity/plc/operation.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { ImportRepo } from '../../../src/modules/repo/import-repo.js'
import type { Hosting } from '../../../src/modules/repo/repo-row.js'
import { type Did, SigningKey } from '../../../src/repo-engine/index.js'
import { carOf, sampleRepo, type SampleRepo } from '../../cli/sample-repo.js'

/** Held by the operator, above the keys of the hosts. */
export const operator = SigningKey.generate('k256')

export const hexOf = (key: SigningKey): string => key.exportPrivate().toString('hex')

/** Whatever gives the parts of a server. */
export interface Parts {
  get<T>(type: Function & { prototype: T }): T
}

export interface KeepOptions {
  hosting?: Hosting
  handle?: string
  recovery?: SigningKey
}

/** A repository of somewhere else that is kept by the server, its identity known to the server's directory. */
export async function keep(server: Parts, options: KeepOptions = {}): Promise<SampleRepo> {
  const { hosting = 'mirrored', handle, recovery = operator } = options
  const repo = sampleRepo({ posts: 5, handle, recoveryKeys: [recovery.didKey] })
  await server.get(PlcDirectory).submit(repo.did, repo.genesis)
  await importCar(server, repo.did, hosting, carOf(repo))
  return repo
}

export async function importCar(server: Parts, did: string, hosting: Hosting, car: Uint8Array): Promise<void> {
  const source = (async function* () {
    yield car
  })()
  await server.get(CommandBus).execute(new ImportRepo(source, { did: did as Did, hosting, key: null }))
}

/** Adopts as somebody with a name under this server's domain, unless told otherwise. */
export function adopt(server: Parts, did: string, more: Partial<AdoptionInput> = {}): Promise<AdoptedAccount> {
  const usual = { email: 'carla@example.com', password: 'carla-password', handle: 'carla.here.test' }
  return server.get(CommandBus).execute(new AdoptAccount({ did, rotationKey: hexOf(operator), ...usual, ...more }))
}

/** From now on names say who they are of, by DNS. */
export function setDns(server: Parts, names: Record<string, string>): void {
  server.get(DnsTxt).lookup = (name) => Promise.resolve(name in names ? [`did=${names[name]}`] : [])
}

/** What the directory says of an identity. */
export async function stateIn(server: Parts, did: string) {
  const last = await server.get(PlcDirectory).lastOperation(did)
  return last && stateOf(last)
}

/** The log of a repository, less the pieces of imports; those of accounts that are hosted here with a star. */
export async function eventsOf(server: Parts, did: string): Promise<string[]> {
  const rows = await server.get(CommitLog).readRepo(did)
  return rows.filter(({ kind }) => kind !== 'part').map(({ kind, hosted }) => (hosted ? `${kind}*` : kind))
}

export async function rows(server: Parts, table: string): Promise<number> {
  return (await server.get(Database).read.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))!.n
}
