import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { APP_FILTER } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { Test } from '@nestjs/testing'
import { Clock } from '../../../src/modules/config/clock.js'
import { Config } from '../../../src/modules/config/config.js'
import { ConfigModule } from '../../../src/modules/config/config.module.js'
import { DatabaseModule } from '../../../src/modules/database/database.module.js'
import { SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import { DnsTxt } from '../../../src/modules/identity/dns-txt.js'
import { IdentityModule } from '../../../src/modules/identity/identity.module.js'
import { XrpcErrorFilter } from '../../../src/modules/xrpc/xrpc-error.filter.js'

/** A wall clock that moves only when told to. */
export class HeldClock extends Clock {
  constructor(private millis = Date.parse('2026-01-01T00:00:00.000Z')) {
    super()
  }

  override now(): number {
    return this.millis
  }

  forward(millis: number): void {
    this.millis += millis
  }
}

/** A domain name system of the test's own making. */
export class TableDns extends DnsTxt {
  constructor() {
    super(Config.fromEnv({}))
  }

  lookups = 0
  readonly records = new Map<string, string[]>()

  /** True: no server answers. */
  fails = false

  override lookup(name: string): Promise<string[] | null> {
    this.lookups++
    if (this.fails) return Promise.resolve(null)
    return Promise.resolve(this.records.get(name) ?? [])
  }
}

/** A folder that is gone once `dispose` has run. */
export function temporaryFolder(): { path: string; dispose: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'skylog-identity-'))
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) }
}

export async function temporaryDatabase(): Promise<{ database: SqliteDatabase; close: () => Promise<void> }> {
  const folder = temporaryFolder()
  const database = await SqliteDatabase.open(join(folder.path, 'test.sqlite'))
  return {
    database,
    close: async () => {
      await database.close()
      folder.dispose()
    },
  }
}

export interface IdentityApp {
  app: NestFastifyApplication
  url: string
  clock: HeldClock
  dns: TableDns
  close: () => Promise<void>
}

/** The identity module alone, listening, with a held clock and a DNS of the test's making. */
export async function startIdentityApp(env: Record<string, string> = {}): Promise<IdentityApp> {
  const folder = temporaryFolder()
  const config = Config.fromEnv({ PDS_DATA_DIRECTORY: folder.path, PDS_PORT: '0', ...env })
  const clock = new HeldClock()
  const dns = new TableDns()
  const module = await Test.createTestingModule({
    imports: [ConfigModule.with(config), DatabaseModule, IdentityModule.with(config)],
    providers: [{ provide: APP_FILTER, useClass: XrpcErrorFilter }],
  })
    .overrideProvider(Clock)
    .useValue(clock)
    .overrideProvider(DnsTxt)
    .useValue(dns)
    .compile()
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: ['error'] })
  await app.listen(0, '127.0.0.1')
  const { port } = app.getHttpServer().address() as AddressInfo
  return {
    app,
    url: `http://127.0.0.1:${port}`,
    clock,
    dns,
    close: async () => {
      await app.close()
      folder.dispose()
    },
  }
}
