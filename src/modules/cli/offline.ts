import type { INestApplicationContext } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { AppModule } from '../../app.module.js'
import type { Config } from '../config/config.js'
import { Secrets } from '../config/secrets.js'
import { ImportStaging } from '../repo/import-staging.js'

/**
 * Runs some work inside the whole server, which does not listen, and closes it: what a command changes goes through
 * the same handlers, log and projections. @throws Error when a server runs on this data directory
 */
export async function offline<T>(config: Config, work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  // What keeps it from opening is thrown; Nest would print it as well, with its stack.
  const app = await NestFactory.createApplicationContext(AppModule.with(config), { abortOnError: false, logger: false })
  app.useLogger(['error', 'fatal'])
  try {
    const secrets = app.get(Secrets, { strict: false })
    if (secrets.adminPasswordIsNew)
      process.stderr.write(`Admin password, kept in ${config.dataDirectory}/secrets.json: ${secrets.adminPassword}\n`)
    return await work(app)
  } finally {
    await app.get(ImportStaging, { strict: false }).swept()
    await app.close()
  }
}
