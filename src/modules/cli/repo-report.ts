import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Cid, type DecodedCommit, type Did, RepoError, verifyCommit } from '../../repo-engine/index.js'
import type { Config } from '../config/config.js'
import type { Reader } from '../database/database.js'
import { SqliteDatabase } from '../database/sqlite-database.js'
import { handleOf } from '../identity/did-document.js'
import { BrokenLog, foldLog } from '../repo/fold-log.js'
import { CarRepo } from './car-repo.js'
import { type CommitHistory, measureReach, type Reach, readHistory } from './commit-history.js'
import { drawnRecords } from './drawn-records.js'
import { type Examination, examineRepo, Problems } from './examine-repo.js'
import type { DrawnRecords } from './inspect-page.js'
import { namedRepo } from './named-repo.js'
import { type Progress, startProgress } from './progress.js'
import type { DayCount } from './record-figures.js'
import { checkKeyOption, checkSignature, documentWithin, resolverOf, type SignatureCheck } from './signature.js'
import { StoredRepo } from './stored-repo.js'

/** What `inspect` and `verify` say about a repository, in a file or in the data directory. */
export interface RepoReport {
  did: Did | null
  handle: string | null
  head: Cid | null
  source: FileSource | DataSource
  examination: Examination | null
  signature: SignatureCheck | null
  /** Of a file only: the database keeps the newest commit. */
  history: (CommitHistory & { signed: number | null }) | null
  /** Of a repository in the data directory, where asked for. */
  log: FoldedLog | null
  /** Events in the log by day, of a repository in the data directory. */
  activity: DayCount[] | null
  /** The records that a picture of the tree shows, where asked for. */
  drawn: DrawnRecords | null
  problems: Problems
}

export interface FileSource {
  file: string
  bytes: number
  blocks: number
  repeated: number
  /** Blocks that no commit in the file leads to. */
  unreachable: { blocks: number; bytes: number } | null
  /** Blocks that older commits lead to and the file does not hold. */
  missing: number
}

export interface DataSource {
  directory: string
  hosting: string
  /** Null: active. */
  status: string | null
  rev: string
  /** The signature was good when it came here, or the commit was signed here. */
  verified: boolean
}

/** The log of a repository, folded. */
export interface FoldedLog {
  events: number
  /** Root of the tree that the events make; null when they do not make one. */
  data: Cid | null
}

export interface ReportOptions {
  /** did:key to check the signature against. */
  key?: string
  /** Also fold the log of a repository in the data directory, and compare. */
  foldLog: boolean
  /** Also read the records that a picture of the tree shows. */
  draw?: boolean
  /** Shows how far it has come, where that is not to be as of a command that does this alone. */
  begin?: (label: string, total: number, unit?: string) => Progress
}

/** Looks at what an argument names: a repository in the data directory, or a CAR file. @throws WrongUsage, or Error when it is not there */
export async function reportOn(target: string, config: Config, options: ReportOptions): Promise<RepoReport> {
  checkKeyOption(options.key)
  const named = await namedRepo(target, config)
  return 'did' in named ? reportOnStored(named.did, config, options) : reportOnFile(named, config, options)
}

async function reportOnFile(
  { file, size }: { file: string; size: number },
  config: Config,
  { key, draw }: ReportOptions,
): Promise<RepoReport> {
  const problems = new Problems()
  const source: FileSource = { file, bytes: size, blocks: 0, repeated: 0, unreachable: null, missing: 0 }
  const report = emptyReport(source, problems)
  let car: CarRepo
  const reading = startProgress('Reading', size)
  try {
    car = await CarRepo.open(file, (bytes) => reading.to(bytes))
  } catch (error) {
    if (!(error instanceof RepoError)) throw error
    problems.add(error.message)
    return report
  } finally {
    reading.end()
  }
  try {
    report.head = car.head
    Object.assign(source, { blocks: car.blocks, repeated: car.repeated })
    const found = await examine(car, undefined, car.blocks, report)
    if (!found.commit) return report
    if (draw) report.drawn = await drawnRecords(found.picture, async (_, cid) => car.get(cid))
    await addIdentity(report, found.commit, config, key, null)
    const history = readHistory(car, found.commit, problems)
    const reach: Reach = measureReach(car, history.commits)
    source.unreachable = { blocks: car.blocks - reach.blocks, bytes: car.blockBytes - reach.bytes }
    if (found.whole) source.missing = reach.missing
    report.history = { ...history, signed: countSigned(history, report.signature) }
    return report
  } finally {
    car.close()
  }
}

async function reportOnStored(did: Did, config: Config, options: ReportOptions): Promise<RepoReport> {
  const { dataDirectory } = config
  const database = await SqliteDatabase.openReadOnly(join(dataDirectory, 'skylog.sqlite'))
  try {
    return await database.snapshot(async (reader) => {
      const stored = await StoredRepo.open(reader, did)
      if (!stored) throw new Error(`${did} has no repository in ${dataDirectory}`)
      const { hosting, status, rev, verified, head } = stored.repo
      const problems = new Problems()
      const report = emptyReport({ directory: dataDirectory, hosting, status, rev, verified }, problems)
      report.did = did
      report.head = head
      const found = await examine(stored, did, await stored.countRows(), report, options.begin)
      if (found.whole) await stored.finish()
      problems.add(...stored.problems)
      report.activity = await stored.days()
      if (options.draw) report.drawn = await drawnRecords(found.picture, (path, cid) => stored.recordAt(path, cid))
      if (found.commit) {
        problems.add(...disagreements(stored, found.commit))
        await addIdentity(report, found.commit, config, options.key, reader)
      }
      if (options.foldLog) report.log = await compareLog(stored, problems, options.begin)
      return report
    })
  } finally {
    await database.close()
  }
}

function emptyReport(source: FileSource | DataSource, problems: Problems): RepoReport {
  return {
    did: null,
    handle: null,
    head: null,
    source,
    examination: null,
    signature: null,
    history: null,
    log: null,
    activity: null,
    drawn: null,
    problems,
  }
}

async function examine(
  source: CarRepo | StoredRepo,
  did: Did | undefined,
  blocks: number,
  report: RepoReport,
  begin = startProgress,
): Promise<Examination> {
  const progress = begin('Checking', blocks, 'blocks')
  try {
    const found = await examineRepo(source, did, (done) => progress.to(done))
    report.examination = found
    report.did = found.commit?.did ?? report.did
    report.problems.add(...found.problems.lines())
    return found
  } finally {
    progress.end()
  }
}

/** Handle and signature. `reader` is given for a repository in the data directory, which may be hosted there. */
async function addIdentity(
  report: RepoReport,
  commit: DecodedCommit,
  config: Config,
  given: string | undefined,
  reader: Reader | null,
): Promise<void> {
  const { did } = commit
  const database = await openIfThere(config)
  try {
    const resolver = resolverOf(config, database)
    const document = resolver && (await documentWithin(resolver, did))
    const account = await reader?.get<{ handle: string }>('SELECT handle FROM account WHERE did = ?', did)
    const key = await reader?.get<{ public_key: string }>('SELECT public_key FROM signing_key WHERE did = ?', did)
    report.handle = account?.handle ?? (document && handleOf(document))
    report.signature = checkSignature(commit, { given, document, held: key?.public_key ?? null })
  } finally {
    await database?.close()
  }
  const { state, note } = report.signature
  if (state === 'invalid') report.problems.add(`the head is not signed by ${note}: ${report.signature.key}`)
}

async function openIfThere({ dataDirectory }: Config): Promise<SqliteDatabase | null> {
  const file = join(dataDirectory, 'skylog.sqlite')
  return existsSync(file) ? SqliteDatabase.openReadOnly(file) : null
}

/** Where the row of a repository does not say what its commit says. */
export function disagreements({ repo }: StoredRepo, commit: DecodedCommit): string[] {
  const problems: string[] = []
  if (!commit.data.equals(repo.data))
    problems.push(`the row names the tree ${repo.data.toString()}, the head ${commit.data.toString()}`)
  if (commit.rev !== repo.rev && commit.version === 3)
    problems.push(`the row has rev ${repo.rev}, the head ${commit.rev}`)
  return problems
}

/** Folds the log and compares what comes out with what is stored. */
export async function compareLog(stored: StoredRepo, problems: Problems, begin = startProgress): Promise<FoldedLog> {
  const { head, rev, data } = stored.repo
  const last = await stored.lastMove()
  if (!last || !Cid.fromBytes(last.cid).equals(head) || last.rev !== rev)
    problems.add(
      last
        ? `the head is ${head.toString()}, rev ${rev}; the log ends with event ${last.seq}, rev ${last.rev}`
        : 'the log has no event of this repository',
    )
  const events = await stored.countEvents()
  const progress = begin('Folding the log', events, 'events')
  try {
    const folded = await foldLog(
      stored.events(),
      (partOf) => stored.parts(partOf),
      (done) => progress.to(done),
    )
    if (folded && !folded.data.equals(data))
      problems.add(`the log makes the tree ${folded.data.toString()}, stored is ${data.toString()}`)
    return { events, data: folded?.data ?? null }
  } catch (error) {
    if (!(error instanceof BrokenLog)) throw error
    problems.add(`log: ${error.message}`)
    return { events, data: null }
  } finally {
    progress.end()
  }
}

/** How many commits of a history carry a good signature by the key of the head. */
function countSigned({ commits }: CommitHistory, signature: SignatureCheck | null): number | null {
  const key = signature?.key
  return key ? commits.filter(({ commit }) => verifyCommit(commit, key)).length : null
}
