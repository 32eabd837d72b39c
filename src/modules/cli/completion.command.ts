import type { OnApplicationBootstrap } from '@nestjs/common'
import { Command, CommandRunner, Help } from 'nest-commander'
import { completionScript, type Shell, SHELLS } from './completion-script.js'
import { helpEnd } from './options.js'

@Command({
  name: 'completion',
  arguments: '<shell>',
  argsDescription: { shell: 'what completes' },
  description:
    'Print a script that completes this command line in a shell.\n\n' +
    'Commands, options, and files where one is asked for. It is made of the commands of this version: to be loaded when a ' +
    'shell starts, and not to be kept.',
})
export class CompletionCommand extends CommandRunner implements OnApplicationBootstrap {
  /** Arguments cannot be told in the decorator what they may be. */
  onApplicationBootstrap(): void {
    this.command.registeredArguments[0]!.choices(SHELLS)
  }

  run([shell]: string[]): Promise<void> {
    process.stdout.write(completionScript(shell as Shell, this.command.parent!))
    return Promise.resolve()
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog completion bash > ~/.local/share/bash-completion/completions/skylog',
        'source <(skylog completion zsh)',
        'skylog completion fish | source',
      ],
      '0 printed · 2 wrong usage',
    )
  }
}
