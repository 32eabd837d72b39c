import 'reflect-metadata'
import { startServer } from './app.module.js'
import { Config, ConfigError } from './modules/config/config.js'

try {
  await startServer(Config.fromEnv(process.env))
} catch (error) {
  // A setting that cannot be used, a port that is taken, a disk that is full: one line says what to do.
  const expected = error instanceof ConfigError || typeof (error as { code?: unknown }).code === 'string'
  console.error(expected ? (error as Error).message : error)
  process.exit(1)
}
