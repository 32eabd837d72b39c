import 'reflect-metadata'
import { startServer } from './app.module.js'
import { Config, ConfigError } from './modules/config/config.js'

try {
  await startServer(Config.fromEnv(process.env))
} catch (error) {
  // A setting that cannot be used, or a port that is taken: one line says what to do.
  console.error(
    error instanceof ConfigError || (error as { code?: string }).code === 'EADDRINUSE'
      ? (error as Error).message
      : error,
  )
  process.exit(1)
}
