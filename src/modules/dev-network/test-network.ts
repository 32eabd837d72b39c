/**
 * `skylog/testing`: a whole atproto network for a test suite. What stands here needs nothing but Node and the types of the
 * lexicons, so that its types can be published without those of the server, and a process whose network lives in another
 * one does not load the server.
 */
import type { Binary, XrpcMethods } from '../lexicon/types.js'

export interface TestNetworkOptions {
  /** Servers; 1 unless told. They share one PLC directory and follow each other. */
  pds?: number
  /**
   * Runs it in a process of its own, which ends with this one: nothing of the server is loaded here. In this process unless
   * told; by `require`, and where this Node is older than the server needs, always in one of its own.
   */
  isolated?: boolean
  /** Settings of all its servers, named as in README.md; see docs/testing.md for those that are the network's own. */
  settings?: Readonly<Record<string, string>>
  /** Puts people and posts into it: the cast of four, or as many people as it says. */
  seed?: boolean | number
  /** Where the clock begins; it goes on from there. */
  time?: Time
  /** Port of the first server; the others have those after it. Free ones unless told. */
  port?: number
}

/** A moment: milliseconds since the epoch, a date, or its text (RFC 3339). */
export type Time = number | string | Date

/** The one clock of all servers of a network. What follows it, and what does not, is in docs/testing.md. */
export interface TestClock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Lets so many milliseconds pass at once. What has come to be due begins before this resolves. */
  advance(ms: number): Promise<void>
  /** Sets it, also back. If it runs, it goes on from there. */
  set(time: Time): Promise<void>
  /** Stops it where it is. It can still be advanced and set. */
  freeze(): Promise<void>
  /** Lets it go on from where it is. */
  resume(): Promise<void>
}

/** One server of a network: PDS, AppView and, the first one, the PLC directory. */
export interface TestServer {
  url: string
  /** `ws://…`, of com.atproto.sync.subscribeRepos. */
  firehoseUrl: string
  /** What handles end in that are given out here, with its dot: `.test` of the first one, then `.pds2.test`, … */
  handleDomain: string
  /** Of `admin`, by HTTP Basic. */
  adminPassword: string
}

export interface NewAccount {
  /** `alice`, to which the domain of the server is added, or all of it; made up unless told. */
  handle?: string
  /** Made of the handle unless told, as is the password. */
  email?: string
  password?: string
  /** Which server it lives on; the first one (0) unless told. */
  pds?: number
}

/** An account with a session. As `session` of @atproto/api it is complete: `agent.resumeSession(account)`. */
export interface TestAccount {
  did: string
  handle: string
  email: string
  password: string
  accessJwt: string
  refreshJwt: string
  active: boolean
  /** URL of its server. */
  service: string
  /** Calls a query as this account. Rejects with a {@link CallError}. */
  query<Nsid extends string>(nsid: Nsid, params?: Params): Promise<Output<Nsid>>
  /** Calls a procedure as this account: an object goes as JSON, bytes as they are, as what `encoding` says. */
  procedure<Nsid extends string>(nsid: Nsid, input?: object | Uint8Array, encoding?: string): Promise<Output<Nsid>>
  /** Writes a record into the account's repository, under a new key. */
  create(record: { $type: string } & Record<string, unknown>): Promise<{ uri: string; cid: string }>
}

/** What a method answers, by its lexicon; what is no JSON comes as bytes. */
export type Output<Nsid extends string> = Nsid extends keyof XrpcMethods
  ? [XrpcMethods[Nsid]['output']] extends [Binary]
    ? Uint8Array
    : XrpcMethods[Nsid]['output']
  : unknown

export type Params = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** What a call rejects with when it is not answered by 2xx: `error` is the name that atproto has for it. */
export interface CallError extends Error {
  status: number
  error: string
}

/** A mail that was not sent to anybody. */
export interface TestMail {
  /** `confirm_email`, `update_email`, `reset_password`, `delete_account`, `plc_operation`, `sign_in`, `moderation` */
  kind: string
  to: string
  subject: string
  text: string
  /** The code in it (`XXXXX-XXXXX`), or null. */
  code: string | null
}

export interface TestNetwork extends AsyncDisposable {
  /** Of the first server. */
  url: string
  plcUrl: string
  pds: readonly TestServer[]
  clock: TestClock
  /** Makes an account and signs it in. Rejects with a {@link CallError}. */
  createAccount(account?: NewAccount): Promise<TestAccount>
  /** Begins another session, for example when the clock has ended the one before. */
  signIn(account: { service?: string; handle: string; password: string }): Promise<TestAccount>
  /** Puts people and posts into it, once: the cast of four, or as many people. Gives them with sessions. */
  seed(people?: number): Promise<TestAccount[]>
  /** Every mail so far, oldest first, when those that are due have been written. */
  mails(): Promise<TestMail[]>
  /** Resolves when all servers have what each of them has, and nothing that is due is left to do. */
  settled(): Promise<void>
  /** Ends it and removes its data. */
  close(): Promise<void>
}

/** Starts a network. It is ready when this resolves, and is to be closed: `await using network = await startTestNetwork()`. */
export async function startTestNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const { isNewEnough } = await import('./node-for-it.js')
  if (options.isolated || !isNewEnough()) return (await import('./isolated-network.js')).startIsolatedNetwork(options)
  const { startNetwork } = await import('./local-network.js')
  return startNetwork(options)
}
