/** What holds of every command there is, and of each that comes. */
import { CommandFactory } from 'nest-commander'
import { CliModule } from '../../src/modules/cli/cli.module.js'
import { SkylogCommand } from '../../src/modules/cli/skylog.command.js'

/** Commands without --json, and why. */
const WITHOUT_JSON: Record<string, string> = {
  serve: 'gives no result: it runs until it is stopped',
  completion: 'prints a script for a shell',
}

/** Commands without --data, and why. */
const WITHOUT_DATA: Record<string, string> = {
  completion: 'has to do with no server',
  dev: 'leaves nothing behind',
  pack: 'makes a file of a folder',
}

/** As much as is looked at of a command of the package `commander`. */
interface Command {
  name(): string
  summary(): string
  description(): string
  configureOutput(output: { writeOut: (text: string) => void }): void
  outputHelp(): void
  readonly commands: readonly Command[]
  readonly options: readonly { long?: string; description: string; flags: string; mandatory: boolean }[]
  readonly registeredArguments: readonly { description: string }[]
}

const commands: [name: string, command: Command][] = await leavesOfCli()

async function leavesOfCli(): Promise<[string, Command][]> {
  const app = await CommandFactory.createWithoutRunning(CliModule, { logger: false })
  await app.init()
  const root = (app.get(SkylogCommand) as unknown as { command: Command }).command
  const leaves = (command: Command, way: string[]): [string, Command][] => {
    const below = command.commands.filter((child) => child.name() !== 'help')
    if (below.length > 0) return below.flatMap((child) => leaves(child, [...way, child.name()]))
    return [[way.join(' '), command]]
  }
  const found = leaves(root, [])
  await app.close()
  return found
}

it('every result can be had as JSON, or there is a reason', () => {
  const without = commands.filter(([, { options }]) => !options.some(({ long }) => long === '--json'))
  expect(without.map(([name]) => name).sort()).toEqual(Object.keys(WITHOUT_JSON).sort())
})

it('every command is told where the data directory is, or there is a reason', () => {
  const without = commands.filter(([, { options }]) => !options.some(({ long }) => long === '--data'))
  expect(without.map(([name]) => name).sort()).toEqual(Object.keys(WITHOUT_DATA).sort())
})

it.each(commands)('%s says what it is for, what it takes, how it is called and how it ends', (name, command) => {
  const written: string[] = []
  command.configureOutput({ writeOut: (text) => void written.push(text) })
  command.outputHelp()
  const help = written.join('')
  expect(command.summary()).toMatch(/^[A-Z].{10,}\.$/)
  expect(command.summary().length).toBeLessThanOrEqual(110)
  for (const { description } of command.registeredArguments) expect(description).not.toBe('')
  for (const { description } of command.options) expect(description).toMatch(/^[\w'`].{5,}/)
  expect(help).toMatch(new RegExp(`^ {2}\\$ .*skylog ${name}( |$)`, 'm'))
  expect(help).toMatch(/^Exit codes: 0 .*· (1 .*· )?2 wrong usage/m)
})
