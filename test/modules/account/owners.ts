/** What tests of identities and of the life of accounts have in common. */
import { EmailCodes } from '../../../src/modules/account/email-codes.js'
import { CommitLog, type LogRow } from '../../../src/modules/commit-log/commit-log.js'
import type { Did } from '../../../src/repo-engine/index.js'
import type { Answer, TestServer } from '../../support/account-app.js'

export interface Owner {
  did: string
  handle: string
  accessJwt: string
}

export const ADMIN = { PDS_ADMIN_PASSWORD: 'admin-password' }
export const admin = `Basic ${btoa('admin:admin-password')}`

/** The code that an account was sent last for a purpose. */
export async function codeOf(server: TestServer, did: string, purpose = 'plc_operation'): Promise<string> {
  const codes = await server.get(EmailCodes).living(did as Did)
  return codes.find((living) => living.purpose === purpose)!.code
}

/** Asks for a code and has an operation signed with it. */
export async function signed(
  server: TestServer,
  { did, accessJwt: auth }: Owner,
  changes: Record<string, unknown>,
): Promise<Answer> {
  await server.post('com.atproto.identity.requestPlcOperationSignature', { auth })
  const body = { token: await codeOf(server, did), ...changes }
  return server.post('com.atproto.identity.signPlcOperation', { auth, body })
}

/** A session of an app password. */
export async function appSession(server: TestServer, owner: Owner, privileged: boolean): Promise<string> {
  const body = { name: `app ${privileged}`, privileged }
  const made = await server.post('com.atproto.server.createAppPassword', { auth: owner.accessJwt, body })
  const { password } = made.body as { password: string }
  const session = await server.post('com.atproto.server.createSession', { body: { identifier: owner.did, password } })
  return session.body.accessJwt as string
}

export async function events(server: TestServer, did: string): Promise<LogRow[]> {
  return server.get(CommitLog).readRepo(did)
}

/** Kinds of the events of an account, those that nobody is told in brackets. */
export async function kinds(server: TestServer, did: string, after = 0): Promise<string[]> {
  return (await events(server, did)).slice(after).map(({ kind, hosted }) => (hosted === -1 ? `(${kind})` : kind))
}

export const write = (server: TestServer, { did, accessJwt: auth }: Owner, text: string): Promise<Answer> =>
  server.post('com.atproto.repo.createRecord', {
    auth,
    body: { repo: did, collection: 'app.bsky.feed.post', record: { text, createdAt: '2026-01-01T00:00:00Z' } },
  })
