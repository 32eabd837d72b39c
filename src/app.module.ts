import type { AddressInfo } from 'node:net'
import { type DynamicModule, type INestApplicationContext, Logger, Module } from '@nestjs/common'
import { CommitLogModule } from './modules/commit-log/commit-log.module.js'
import { AccountModule } from './modules/account/account.module.js'
import { AuditModule } from './modules/audit/audit.module.js'
import { AuthModule } from './modules/auth/auth.module.js'
import { BackupModule } from './modules/backup/backup.module.js'
import { BlobModule } from './modules/blob/blob.module.js'
import { BskyModule } from './modules/bsky/bsky.module.js'
import { Config } from './modules/config/config.js'
import { ConfigModule } from './modules/config/config.module.js'
import { ConsoleModule } from './modules/console/console.module.js'
import { DatabaseModule } from './modules/database/database.module.js'
import { DoctorModule } from './modules/doctor/doctor.module.js'
import { FirehoseModule } from './modules/firehose/firehose.module.js'
import { HealthModule } from './modules/health/health.module.js'
import { Secrets } from './modules/config/secrets.js'
import { IdentityModule } from './modules/identity/identity.module.js'
import { ServerAddress } from './modules/identity/server-address.js'
import { LexiconModule } from './modules/lexicon/lexicon.module.js'
import { MetricsModule } from './modules/metrics/metrics.module.js'
import { MigrationModule } from './modules/migration/migration.module.js'
import { ModerationModule } from './modules/moderation/moderation.module.js'
import { PrivateStateModule } from './modules/private-state/private-state.module.js'
import { ProxyModule } from './modules/proxy/proxy.module.js'
import { RateLimitModule } from './modules/rate-limit/rate-limit.module.js'
import { RepoModule } from './modules/repo/repo.module.js'
import { ReplicationModule } from './modules/replication/replication.module.js'
import { SyncModule } from './modules/sync/sync.module.js'
import { createHttpApp } from './modules/xrpc/http-server.js'
import { ProjectionsModule } from './projections/projections.module.js'
import { TracingModule } from './modules/tracing/tracing.module.js'
import { XrpcModule } from './modules/xrpc/xrpc.module.js'

/** The whole server: every room, joined. */
@Module({})
export class AppModule {
  static with(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(config),
        TracingModule,
        // First of those who look at every call: what is too much is nobody's work.
        RateLimitModule.with(config),
        LexiconModule,
        DatabaseModule,
        CommitLogModule,
        ProjectionsModule,
        AuthModule,
        AuditModule,
        IdentityModule.with(config),
        RepoModule,
        AccountModule,
        SyncModule,
        FirehoseModule,
        ReplicationModule,
        BlobModule,
        PrivateStateModule,
        ModerationModule,
        MigrationModule,
        BackupModule,
        // Before the room whose methods others may be asked for instead.
        ProxyModule,
        BskyModule,
        HealthModule,
        DoctorModule,
        MetricsModule,
        ConsoleModule,
        XrpcModule,
      ],
    }
  }
}

export interface RunningServer {
  /** Where it can be reached, with the port that is really bound. */
  url: string
  app: INestApplicationContext
  /** Finishes what is under way and closes everything. */
  close(): Promise<void>
}

/** Starts a server with the given settings. @throws ConfigError, or the error that keeps it from listening. */
export async function startServer(config: Config): Promise<RunningServer> {
  const app = await createHttpApp(AppModule.with(config), config)
  try {
    await app.listen(config.port, config.throwAway ? '127.0.0.1' : '0.0.0.0')
  } catch (error) {
    await app.close()
    throw error
  }
  const address = app.get(ServerAddress)
  address.listensOn((app.getHttpServer().address() as AddressInfo).port)
  const logger = new Logger('Skylog')
  for (const name of config.unknownNames) logger.warn(`${name} is set, but this server knows no such setting`)
  const secrets = app.get(Secrets)
  if (secrets.adminPasswordIsNew)
    logger.log(
      `Admin password, shown this once and kept in ${config.dataDirectory}/secrets.json: ${secrets.adminPassword}`,
    )
  logger.log(`Ready at ${address.url}, data in ${config.dataDirectory}`)
  return { url: address.url, app, close: () => app.close() }
}
