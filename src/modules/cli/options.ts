/** Options that several commands have, and the settings they make together with the environment. */
import type { OptionMetadata } from 'nest-commander'
import { Config } from '../config/config.js'

export const DATA: OptionMetadata = {
  flags: '--data <directory>',
  description: 'the data directory (default: PDS_DATA_DIRECTORY, or ./data)',
}
export const JSON_OUTPUT: OptionMetadata = {
  flags: '--json',
  description: 'print the result as one JSON document',
}
export const KEY: OptionMetadata = {
  flags: '--key <did:key>',
  description: 'check the signature against this key instead of the one in the DID document',
}

export interface DataOptions {
  data?: string
}

/** The settings of the server, with what was said on the command line. @throws ConfigError */
export function configOf({ data }: DataOptions, more: Readonly<Record<string, string | undefined>> = {}): Config {
  return Config.fromEnv({ ...process.env, ...(data !== undefined && { PDS_DATA_DIRECTORY: data }), ...more })
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
