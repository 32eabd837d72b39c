import type { Limit } from './counters.js'

/** Who is counted: the network that a request comes from, the account that is signed in, or who somebody says to be, from there. */
export type Counted = 'address' | 'account' | 'identifier'

/** What calls of a method are counted by. */
export interface Rule {
  limit: Limit
  by: Counted
  /** Points that a call costs, 1 unless told. `body` is what was sent, unchecked. */
  cost?: (body: unknown) => number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Every request of a network but those of {@link EXPORTS}. */
export const EVERYTHING: Limit = { name: 'all', points: 3000, windowMs: 5 * MINUTE }
/** Exports: who mirrors a server asks for each of its repositories once. */
export const EXPORTS: Limit = { name: 'getRepo', points: 6000, windowMs: 5 * MINUTE }

const WRITES: Limit[] = [
  { name: 'writes-hour', points: 5000, windowMs: HOUR },
  { name: 'writes-day', points: 35_000, windowMs: DAY },
]
const [CREATE, UPDATE, DELETE] = [3, 2, 1]

/** The limits of the official PDS, by method. Methods under their names of 2022 count as those of today. */
export const LIMITS: Readonly<Record<string, readonly Rule[]>> = {
  'com.atproto.repo.createRecord': writes(() => CREATE),
  'com.atproto.repo.putRecord': writes(() => UPDATE),
  'com.atproto.repo.deleteRecord': writes(() => DELETE),
  'com.atproto.repo.applyWrites': writes(costOfWrites),
  'com.atproto.repo.uploadBlob': [rule('account', 'uploadBlob', 1000, DAY)],
  'com.atproto.server.createSession': [
    rule('identifier', 'createSession', 30, 5 * MINUTE),
    rule('identifier', 'createSession-day', 300, DAY),
  ],
  'com.atproto.server.createAccount': [rule('address', 'createAccount', 100, 5 * MINUTE)],
  'com.atproto.server.deleteAccount': [rule('address', 'deleteAccount', 50, 5 * MINUTE)],
  'com.atproto.server.resetPassword': [rule('address', 'resetPassword', 50, 5 * MINUTE)],
  'com.atproto.server.requestPasswordReset': [
    rule('address', 'requestPasswordReset', 15, HOUR),
    rule('address', 'requestPasswordReset-day', 50, DAY),
  ],
  'com.atproto.server.requestAccountDelete': mails('requestAccountDelete'),
  'com.atproto.server.requestEmailConfirmation': mails('requestEmailConfirmation'),
  'com.atproto.server.requestEmailUpdate': mails('requestEmailUpdate'),
  'com.atproto.identity.requestPlcOperationSignature': mails('requestPlcOperationSignature'),
  'com.atproto.identity.updateHandle': [
    rule('account', 'updateHandle', 10, 5 * MINUTE),
    rule('account', 'updateHandle-day', 50, DAY),
  ],
}

function rule(by: Counted, name: string, points: number, windowMs: number): Rule {
  return { by, limit: { name, points, windowMs } }
}

function writes(cost: (body: unknown) => number): Rule[] {
  return WRITES.map((limit) => ({ by: 'account', limit, cost }))
}

/** What sends a code by mail. */
function mails(name: string): Rule[] {
  return [rule('account', name, 5, HOUR), rule('account', `${name}-day`, 15, DAY)]
}

function costOfWrites(body: unknown): number {
  const { writes } = (body ?? {}) as { writes?: unknown }
  if (!Array.isArray(writes)) return DELETE
  return writes.reduce((sum: number, write) => sum + costOfWrite(write), 0)
}

function costOfWrite(write: unknown): number {
  const { $type } = (write ?? {}) as { $type?: unknown }
  const type = typeof $type === 'string' ? $type : ''
  return type.endsWith('#create') ? CREATE : type.endsWith('#update') ? UPDATE : DELETE
}
