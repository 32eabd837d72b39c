/** Options that several commands have, and the settings they make together with the environment. */
import { readFileSync } from 'node:fs'
import { Option, type OptionMetadata } from 'nest-commander'
import { Config } from '../config/config.js'

export const DATA: OptionMetadata = {
  flags: '--data <directory>',
  description: 'the data directory (default: PDS_DATA_DIRECTORY, or ./data)',
}
export const JSON_OUTPUT: OptionMetadata = {
  flags: '--json',
  description: 'print the result as one JSON document',
}
export const IDENTITY_FILE: OptionMetadata = {
  flags: '--identity-file <path>',
  description: 'a backup: a file with the identity of age that it is encrypted for (default: BACKUP_IDENTITY_FILE)',
}
export const KEY: OptionMetadata = {
  flags: '--key <did:key>',
  description: 'check the signature against this key instead of the one in the DID document',
}

/** What commands say of an argument that is a repository (named-repo.ts). */
export const REPO_ARGUMENT = 'a CAR file, or the DID or handle of a repository in the data directory'

/** Gives a command options that many have: each is what stands after its flag, as it is, or true where nothing does. */
export function Takes(...options: readonly OptionMetadata[]): ClassDecorator {
  return ({ prototype }) => {
    for (const option of options) {
      const [, name, value] = /--([a-z-]+)( <)?/.exec(option.flags)!
      const read = { value: value ? (text: string): string => text : (): boolean => true, configurable: true }
      Object.defineProperty(prototype, name!, read)
      void Option(option)(prototype as object, name!, read)
    }
  }
}

export interface DataOptions {
  data?: string
}

export interface IdentityOptions {
  identityFile?: string
}

/** {@link IDENTITY_FILE} in the words of the settings. */
export function identitySetting({ identityFile }: IdentityOptions): Settings {
  return identityFile === undefined ? {} : { BACKUP_IDENTITY_FILE: identityFile }
}

type Settings = Readonly<Record<string, string | undefined>>

/**
 * The settings of the server, with what was said on the command line. `more` counts before the environment, `under` after
 * it. @throws ConfigError
 */
export function configOf({ data }: DataOptions, more: Settings = {}, under: Settings = {}): Config {
  return Config.fromEnv({ ...under, ...process.env, ...(data !== undefined && { PDS_DATA_DIRECTORY: data }), ...more })
}

/** The rotation key that a command was given. @throws as {@link keyOf} */
export function rotationKeyOf(file: string | undefined): string | undefined {
  return keyOf(file, 'SKYLOG_ROTATION_KEY_HEX')
}

/** The signing key that a command was given. @throws as {@link keyOf} */
export function signingKeyOf(file: string | undefined): string | undefined {
  return keyOf(file, 'SKYLOG_SIGNING_KEY_HEX')
}

/**
 * The private key in a file, or else in a variable; undefined without either. Never an argument: others could read
 * it in the list of processes. @throws Error when the file cannot be read or holds something else, which is not repeated
 */
function keyOf(file: string | undefined, variable: string): string | undefined {
  const text = file === undefined ? process.env[variable] : readFileSync(file, 'utf8')
  const key = text?.trim() || undefined
  if (file !== undefined && key === undefined) throw new Error(`${file} is empty`)
  if (key !== undefined && !/^[0-9a-f]{64}$/i.test(key))
    throw new Error(`${file ?? variable} does not hold 64 hexadecimal digits`)
  return key
}

/**
 * A secret in a file, or else in a variable; null without either. Never an argument, as {@link keyOf}.
 * @throws Error when the file cannot be read or is empty
 */
export function secretOf(file: string | undefined, variable: string): string | null {
  const text = file === undefined ? process.env[variable] : readFileSync(file, 'utf8')
  const secret = text?.trim() || null
  if (file !== undefined && secret === null) throw new Error(`${file} is empty`)
  return secret
}

/** What was asked for makes no sense, whatever is on the disk: exit code 2. */
export class WrongUsage extends Error {}

/** For the end of a help text. */
export function helpEnd(examples: readonly string[], codes: string): string {
  return [
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    ...examples.map((line) => `  $ ${line}`),
    '',
    `Exit codes: ${codes}`,
  ].join('\n')
}
