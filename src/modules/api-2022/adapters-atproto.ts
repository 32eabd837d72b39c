import { isHandle } from '../../repo-engine/index.js'
import type { ComAtprotoRepoListRecordsOutput } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { type Adapter, flag, given, isJson, type Json, type Query } from './adapter.js'
import { revOfCommit } from './commit-rev.js'

/**
 * The com.atproto calls of October 2022, in the words of that month's lexicons. Whoever sends one of today's parameters
 * instead (`repo`, `actor`, `identifier`, `handle`, `cursor`, `since`) is understood too.
 */
export const ATPROTO_ADAPTERS: readonly Adapter[] = [
  {
    nsid: 'com.atproto.createAccount',
    today: 'com.atproto.server.createAccount',
    input: withHandle,
    output: ({ accessJwt, refreshJwt, handle, did }) => ({ accessJwt, refreshJwt, username: handle, did }),
    errors: {
      InvalidHandle: 'InvalidUsername',
      UnsupportedDomain: 'InvalidUsername',
      HandleNotAvailable: 'UsernameNotAvailable',
    },
  },
  {
    nsid: 'com.atproto.createSession',
    today: 'com.atproto.server.createSession',
    input: (body) => (isJson(body) ? { ...body, identifier: given(body, 'username', 'identifier') } : body),
    output: session,
  },
  {
    nsid: 'com.atproto.getSession',
    today: 'com.atproto.server.getSession',
    output: ({ handle, did }) => ({ name: handle, did }),
  },
  { nsid: 'com.atproto.refreshSession', today: 'com.atproto.server.refreshSession', output: session },
  { nsid: 'com.atproto.deleteSession', today: 'com.atproto.server.deleteSession' },
  { nsid: 'com.atproto.requestAccountPasswordReset', today: 'com.atproto.server.requestPasswordReset' },
  { nsid: 'com.atproto.resetAccountPassword', today: 'com.atproto.server.resetPassword' },
  { nsid: 'com.atproto.createInviteCode', today: 'com.atproto.server.createInviteCode' },
  {
    nsid: 'com.atproto.getAccountsConfig',
    today: 'com.atproto.server.describeServer',
    output: ({ inviteCodeRequired, availableUserDomains }) => ({ inviteCodeRequired, availableUserDomains }),
  },
  {
    nsid: 'com.atproto.resolveName',
    today: 'com.atproto.identity.resolveHandle',
    // Without a name it is this host that is asked for.
    shortcut: (asked, { did }) => (given(asked, 'name', 'handle') === undefined ? { did } : undefined),
    query: (asked) => ({ handle: given(asked, 'name', 'handle') }),
  },
  {
    nsid: 'com.atproto.repoDescribe',
    today: 'com.atproto.repo.describeRepo',
    query: withRepo,
    output: ({ handle, did, didDoc, collections, handleIsCorrect }) => ({
      name: handle,
      did,
      didDoc,
      collections,
      nameIsCorrect: handleIsCorrect,
    }),
  },
  { nsid: 'com.atproto.repoGetRecord', today: 'com.atproto.repo.getRecord', query: withRepo },
  {
    nsid: 'com.atproto.repoListRecords',
    today: 'com.atproto.repo.listRecords',
    // Pages go down from `before`, or up from `after` when reversed.
    query: (asked) => ({ ...withRepo(asked), cursor: given(asked, isReversed(asked) ? 'after' : 'before', 'cursor') }),
    output: withinBounds,
  },
  {
    nsid: 'com.atproto.repoBatchWrite',
    today: 'com.atproto.repo.applyWrites',
    input: batch,
    output: nothing,
  },
  {
    nsid: 'com.atproto.repoCreateRecord',
    today: 'com.atproto.repo.createRecord',
    input: (record, asked) => ({ ...target(asked), validate: flag(given(asked, 'validate')), record }),
    output: written,
  },
  {
    nsid: 'com.atproto.repoPutRecord',
    today: 'com.atproto.repo.putRecord',
    input: (record, asked) => ({ ...target(asked), validate: flag(given(asked, 'validate')), record }),
    output: written,
  },
  {
    nsid: 'com.atproto.repoDeleteRecord',
    today: 'com.atproto.repo.deleteRecord',
    input: (_body, asked) => target(asked),
    output: nothing,
  },
  {
    nsid: 'com.atproto.syncGetRepo',
    today: 'com.atproto.sync.getRepo',
    // Who has a commit that this server never had lacks everything this server has.
    query: async ({ did, from, since }, { database }) => ({
      did,
      since:
        typeof did === 'string' && typeof from === 'string'
          ? ((await revOfCommit(database, did, from)) ?? undefined)
          : since,
    }),
    type: 'application/cbor',
  },
  {
    nsid: 'com.atproto.syncGetRoot',
    today: 'com.atproto.sync.getLatestCommit',
    output: ({ cid }) => ({ root: cid }),
  },
]

function withHandle(body: unknown): unknown {
  if (!isJson(body)) return body
  const { username, ...rest } = body
  const handle = given({ username, handle: rest.handle }, 'username', 'handle')
  if (typeof handle === 'string' && !isHandle(handle)) throw invalidRequest('Not a valid username', 'InvalidUsername')
  return { ...rest, handle }
}

function session({
  accessJwt,
  refreshJwt,
  handle,
  did,
}: Record<'accessJwt' | 'refreshJwt' | 'handle' | 'did', string>): Json {
  return { accessJwt, refreshJwt, name: handle, did }
}

function withRepo(asked: Query): Query {
  return { ...asked, repo: given(asked, 'user', 'did', 'repo', 'actor') }
}

/** What a write is about stands in the query; its body is the record. */
function target(asked: Query): Json {
  const { collection, rkey } = asked
  return { repo: given(asked, 'did', 'repo'), collection, rkey }
}

function written({ uri, cid }: { uri: string; cid: string }): Json {
  return { uri, cid }
}

function nothing(): undefined {
  return undefined
}

function isReversed({ reverse }: Query): boolean {
  return reverse === 'true'
}

/**
 * The bound that the pages run towards cuts the last one off: keys are strictly greater than `after` and strictly less
 * than `before`, whichever way they are listed.
 */
function withinBounds(answer: ComAtprotoRepoListRecordsOutput, asked: Query): ComAtprotoRepoListRecordsOutput {
  const bound = given(asked, isReversed(asked) ? 'before' : 'after')
  if (typeof bound !== 'string') return answer
  const { records } = answer
  const within = records.filter(({ uri }) => {
    const rkey = uri.slice(uri.lastIndexOf('/') + 1)
    return isReversed(asked) ? rkey < bound : rkey > bound
  })
  return within.length < records.length ? { records: within } : answer
}

function batch(body: unknown, asked: Query): unknown {
  if (!isJson(body)) return body
  const { writes } = body
  return {
    repo: given(asked, 'did', 'repo'),
    validate: flag(given(asked, 'validate')),
    writes: Array.isArray(writes) ? writes.map(typed) : writes,
  }
}

/** Writes were told apart by `action`, today by `$type`. */
function typed(write: unknown): unknown {
  if (!isJson(write)) return write
  const { action, ...rest } = write
  return typeof action === 'string' ? { ...rest, $type: `com.atproto.repo.applyWrites#${action}` } : write
}
