import 'reflect-metadata'
import { setImmediate } from 'node:timers/promises'
import { CommandFactory } from 'nest-commander'
import { CliModule } from './modules/cli/cli.module.js'
import { WrongUsage } from './modules/cli/options.js'
import { guardOutput } from './modules/cli/output.js'
import { VERSION } from './modules/config/config.js'

/** Says what went wrong: one line for what an operator can do something about, the stack for a mistake in here. */
function fail(error: Error): void {
  const mistake = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  process.stderr.write(`skylog: ${(mistake && error.stack) || error.message}\n`)
  process.exitCode = error instanceof WrongUsage ? 2 : 1
}

guardOutput(process.stdout, fail)
// Work goes on when nobody reads how far it has come.
process.stderr.on('error', () => undefined)
try {
  await CommandFactory.run(CliModule, { logger: ['error', 'fatal'], version: VERSION, serviceErrorHandler: fail })
} catch (error) {
  fail(error as Error)
}
// What could not be printed is told in the next turn.
await setImmediate()
// A question to the outside that was given up on is not waited for.
process.exit()
