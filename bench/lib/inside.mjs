import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A module of a build, by its path below src. */
export function partOf(dist, file) {
  return import(pathToFileURL(resolve(dist, 'src', file)))
}

/** A package as the build itself finds it, because a second copy of Nest would know nothing of the first one's classes. */
export function packageOf(dist, name) {
  return import(pathToFileURL(createRequire(resolve(dist, 'src/main.js')).resolve(name)))
}

/** Settings of a server on this data directory, with nothing taken from the environment. */
export async function configOn(dist, directory) {
  const { Config } = await partOf(dist, 'modules/config/config.js')
  return Config.fromEnv({ PDS_DATA_DIRECTORY: directory, PDS_PORT: '0' })
}

/**
 * The modules of the server on a data directory, in this process and without HTTP; without those of these names. Gives the
 * Nest application.
 */
export async function openServer(dist, directory, without = []) {
  const { AppModule } = await partOf(dist, 'app.module.js')
  const { NestFactory } = await packageOf(dist, '@nestjs/core')
  const whole = AppModule.with(await configOn(dist, directory))
  const imports = whole.imports.filter((module) => !without.includes(module.name))
  if (imports.length !== whole.imports.length - without.length) throw new Error(`not all there: ${without.join(', ')}`)
  return NestFactory.createApplicationContext(
    { ...whole, imports },
    { abortOnError: false, logger: ['error', 'fatal'] },
  )
}
