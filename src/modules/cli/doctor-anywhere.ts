/** Examines the server that runs on a data directory, by that server; or what lies there, where none runs or answers. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Clock } from '../config/clock.js'
import type { Config } from '../config/config.js'
import { Secrets } from '../config/secrets.js'
import { OutOfReach, SqliteDatabase } from '../database/sqlite-database.js'
import { schemaFinding, schemaOf } from '../doctor/checks/database.js'
import { examine, type ExamineOptions } from '../doctor/examine.js'
import { type AreaFinding, problem, reasonOf } from '../doctor/finding.js'
import { SafeFetch } from '../identity/safe-fetch.js'
import { RunningServer } from './running-server.js'

export interface Diagnosis {
  /** It is what the running server says of itself. */
  running: boolean
  findings: AreaFinding[]
}

export async function diagnose(config: Config, options: ExamineOptions): Promise<Diagnosis> {
  if (!SqliteDatabase.isInUse(fileOf(config))) return { running: false, findings: await lookInside(config, options) }
  try {
    return { running: true, findings: await ask(new RunningServer(`http://localhost:${config.port}`, config), options) }
  } catch (error) {
    const silence = problem(
      reasonOf(error),
      'See its log, or set PDS_PORT and PDS_ADMIN_PASSWORD to those of the server.',
    )
    return { running: false, findings: [{ area: 'config', ...silence }, ...(await lookInside(config, options))] }
  }
}

async function ask(server: RunningServer, { only, offline }: ExamineOptions): Promise<AreaFinding[]> {
  const query = new URLSearchParams({ ...(only && { only: only.join(',') }), ...(offline && { offline: 'true' }) })
  const answer = await server.get(`/admin/doctor?${query.toString()}`)
  return ((await answer.json()) as { findings: AreaFinding[] }).findings
}

/** Nothing is made or moved: not the secrets, not the database, no migration is run. */
async function lookInside(config: Config, options: ExamineOptions): Promise<AreaFinding[]> {
  const found: AreaFinding[] = []
  const secrets = secretsOf(config, found)
  const database = await databaseOf(config, found)
  const fetch = new SafeFetch(config)
  try {
    const patient = { config, clock: new Clock(), fetch, secrets, database, running: null }
    const isAsked = ({ area }: AreaFinding): boolean => options.only?.includes(area) ?? true
    return [...found.filter(isAsked), ...(await examine(patient, options))]
  } finally {
    fetch.onApplicationShutdown()
    await database?.close()
  }
}

function secretsOf(config: Config, found: AreaFinding[]): Secrets | null {
  if (!existsSync(join(config.dataDirectory, 'secrets.json'))) return null
  try {
    return Secrets.load(config)
  } catch (error) {
    found.push({ area: 'keys', ...problem(reasonOf(error), 'Restore secrets.json from a backup.') })
    return null
  }
}

/** Null, with what there is to be said of it, where it cannot be read as one of this version. */
async function databaseOf(config: Config, found: AreaFinding[]): Promise<SqliteDatabase | null> {
  const file = fileOf(config)
  let database: SqliteDatabase | null = null
  try {
    if (SqliteDatabase.isMissing(file)) return null
    database = await SqliteDatabase.openReadOnly(file)
    const schema = await schemaOf(database.read)
    if (schema.lacking.length === 0 && schema.unknown.length === 0) return database
    found.push({ area: 'database', ...schemaFinding(schema) })
  } catch (error) {
    const finding =
      error instanceof OutOfReach
        ? problem(error.reason, error.advice)
        : problem(
            `${file} cannot be read: ${reasonOf(error)}`,
            'Restore a backup; keep the file as it is until that has worked.',
          )
    found.push({ area: 'database', ...finding })
  }
  await database?.close()
  return null
}

function fileOf({ dataDirectory }: Config): string {
  return join(dataDirectory, 'skylog.sqlite')
}
