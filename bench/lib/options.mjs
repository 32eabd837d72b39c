import { parseArgs } from 'node:util'

/** Options of every script here. */
const COMMON = {
  only: { type: 'string' },
  scale: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  dist: { type: 'string', default: new URL('../../dist/', import.meta.url).pathname },
  help: { type: 'boolean', default: false },
}

/**
 * Reads the command line: {@link COMMON} options and the given ones. `only` comes back as a test of names, `scale` as a
 * function from a number of calls or records to what this run makes of it. Ends the process on `--help` and on mistakes.
 */
export function readOptions(usage, own = {}) {
  try {
    const { values } = parseArgs({ options: { ...COMMON, ...own } })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    const factor = Number(values.scale)
    if (!(factor > 0)) throw new Error(`--scale ${values.scale} is not a number above zero`)
    const names = values.only?.split(',')
    return {
      ...values,
      factor,
      scale: (count) => Math.max(1, Math.round(count * factor)),
      only: (name) => !names || names.some((wanted) => name.includes(wanted)),
    }
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
