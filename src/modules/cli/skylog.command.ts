import type { OnApplicationBootstrap } from '@nestjs/common'
import { CommandRunner, Help, RootCommand } from 'nest-commander'

/** `skylog` itself: shows what there is, and holds the rules that all commands follow. */
@RootCommand({
  name: 'skylog',
  description: 'A whole AT Protocol server in one process, over one append-only commit log.',
})
export class SkylogCommand extends CommandRunner implements OnApplicationBootstrap {
  /**
   * All commands have been put together by now. The first line of a description stands for it in lists, and wrong usage
   * is exit code 2 whatever command notices it.
   */
  onApplicationBootstrap(): void {
    const follow = (command: typeof this.command): void => {
      command
        .allowExcessArguments(false)
        .summary(command.description().split('\n')[0]!)
        .showHelpAfterError('(see --help)')
        .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
      command.commands.forEach(follow)
    }
    follow(this.command)
    // Only here may there be an argument that is not declared: the name of a command that there is not.
    this.command.allowExcessArguments(true)
  }

  async run([unknown]: string[]): Promise<void> {
    if (unknown !== undefined) this.command.error(`error: unknown command '${unknown}'`)
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return [
      '',
      'Settings come from the environment (PDS_DATA_DIRECTORY, PDS_HOSTNAME, …), as for the server; see README.md.',
      '',
      'Exit codes: 0 fine · 1 failed, or problems found · 2 wrong usage',
    ].join('\n')
  }
}
