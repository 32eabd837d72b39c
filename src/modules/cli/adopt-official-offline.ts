import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CommandBus } from '@nestjs/cqrs'
import { type Config, ConfigError } from '../config/config.js'
import { keepSecrets } from '../config/secrets.js'
import { AdoptOfficial, type AdoptedServer } from '../migration/adopt-official.js'
import { type OfficialSettings, readOfficialSettings } from '../migration/official-settings.js'
import { offline } from './offline.js'

/** Where an official PDS is: its data directory, its settings, and its blobs where the settings do not say. */
export interface OfficialPlaces {
  directory: string
  env: string | null
  blobs: string | null
}

/**
 * Takes the place of an official PDS, in the data directory of the settings that `configOf` makes of its own. `left` is what
 * the operator has still to do. @throws ConfigError, or as the handler of {@link AdoptOfficial}
 */
export async function adoptOfficial(
  { directory, env, blobs }: OfficialPlaces,
  configOf: (settings: Record<string, string>) => Config,
  onProgress: (done: number, total: number) => void,
): Promise<AdoptedServer & { left: string[] }> {
  if (!existsSync(join(directory, 'account.sqlite')))
    throw new Error(`${directory} is not the data directory of an official PDS: it has no account.sqlite`)
  const official = env === null ? null : readOfficialSettings(env)
  const config = configOf(official?.settings ?? {})
  const place = blobs ?? blobsOf(directory, official)
  if (blobs !== null && !existsSync(blobs)) throw new Error(`there is no folder ${blobs}`)
  if (config.jwtSecret === null || (config.plcRotationKeyHex === null && !official?.rotationKeyInKms))
    throw new ConfigError(
      'PDS_JWT_SECRET and PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX of the official PDS are needed: give its settings with --env',
    )
  keepSecrets(config)
  const adopted = await offline<AdoptedServer>(config, (app) =>
    app.get(CommandBus, { strict: false }).execute(new AdoptOfficial(directory, place, onProgress)),
  )
  return { ...adopted, left: leftToDo(adopted, official, env, directory) }
}

/** As its settings say, unless the data has been moved since; then as the installer of the official PDS has it. */
function blobsOf(directory: string, official: OfficialSettings | null): string | null {
  const places = [official?.blobs, join(directory, 'blocks'), join(directory, 'blobs')]
  return places.find((place) => place && existsSync(place)) ?? null
}

function leftToDo(
  { accounts }: AdoptedServer,
  official: OfficialSettings | null,
  env: string | null,
  directory: string,
): string[] {
  const missing = accounts.flatMap((one) => (one.outcome === 'failed' ? [] : one.missingBlobs))
  const oauth = accounts.some((one) => one.outcome === 'taken' && one.oauthSessions > 0)
  return [
    ...(accounts.some(({ outcome }) => outcome === 'failed')
      ? ['see to the accounts that were not taken, and run this again: those that are here are left alone']
      : []),
    `start this server with the settings of ${env ?? 'the old one'}, less those that say where its data lies: the same ` +
      'host name, because the identities of the accounts name it',
    ...(official?.rotationKeyInKms
      ? ['the rotation key is in a key management service, and stays there: this server cannot change these identities']
      : []),
    `never start the old server on ${directory} again: two servers that write to one repository break it`,
    ...(oauth ? ['tell those who had signed in over OAuth that they have to sign in again'] : []),
    ...(missing.length > 0
      ? [
          `${missing.length} blobs were not found: run this again with --blobs <folder> and the folder that has them as ` +
            '<did>/<cid>; those in S3 can be copied down',
        ]
      : []),
    'codes that were sent by mail in the last minutes have to be asked for again',
  ]
}
