/** Scripts that complete command lines in shells, made from the commands as they are registered. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** As much as is looked at of a command of the package `commander`. */
export interface RegisteredCommand {
  name(): string
  summary(): string
  readonly commands: readonly RegisteredCommand[]
  readonly options: readonly RegisteredOption[]
  readonly registeredArguments: readonly { name(): string; readonly argChoices?: readonly string[] }[]
}

interface RegisteredOption {
  readonly long?: string
  readonly flags: string
  readonly description: string
  readonly argChoices?: readonly string[]
}

/** What may stand somewhere: some words, the name of something on the disk, or what nobody can guess. */
type Values = readonly string[] | 'files' | 'directories' | 'anything'

interface Word {
  name: string
  description: string
}

interface TakenOption extends Word {
  /** Null: it takes no value. */
  values: Values | null
}

/** A command, by the words that lead to it: '' is the program itself, `account create` one of its commands. */
interface Place {
  at: string
  commands: Word[]
  options: TakenOption[]
  argument: Values | null
}

/** The script for a shell, which completes what `root` and all below it take. */
export function completionScript(shell: Shell, root: RegisteredCommand): string {
  const places = placesOf(root, [])
  const script = { bash, zsh, fish }[shell]
  return script(root.name(), places)
}

function placesOf(command: RegisteredCommand, way: string[]): Place[] {
  const commands = command.commands.filter((child) => child.name() !== 'help')
  const [argument] = command.registeredArguments
  const place: Place = {
    at: way.join(' '),
    commands: commands.map((child) => ({ name: child.name(), description: child.summary() })),
    options: command.options.filter(({ long }) => long).map(optionOf),
    argument: commands.length > 0 || !argument ? null : (argument.argChoices ?? valuesOf(argument.name(), 'files')),
  }
  return [place, ...commands.flatMap((child) => placesOf(child, [...way, child.name()]))]
}

function optionOf({ long, flags, description, argChoices }: RegisteredOption): TakenOption {
  const value = /<(.+)>/.exec(flags)?.[1]
  return { name: long!, description, values: value === undefined ? null : (argChoices ?? valuesOf(value, 'anything')) }
}

function valuesOf(name: string, otherwise: Values): Values {
  if (name === 'directory') return 'directories'
  return name === 'file' || name === 'path' ? 'files' : otherwise
}

/** Of each value that an option may have: where it is asked for, as `account create --email`. */
function valuePlaces(places: readonly Place[]): { at: string; values: Values }[] {
  return places.flatMap(({ at, options }) =>
    options.flatMap(({ name, values }) => (values === null ? [] : [{ at: `${at} ${name}`.trim(), values }])),
  )
}

function bash(name: string, places: readonly Place[]): string {
  const reply = (values: Values | null): string => {
    if (values === 'files') return '_files -f'
    if (values === 'directories') return '_files -d'
    return values === null || values === 'anything' ? ':' : `_words ${quoted(values.join(' '))}`
  }
  const program = `_${name}`
  const call = (values: Values | null): string => reply(values).replace(/^_/, `${program}_`)
  return `# Completes ${name} in bash: source <(${name} completion bash)
${program}_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
${program}_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$1" -- "$cur"))
  compopt -o filenames 2>/dev/null
}
${program}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${at:+$at }\${COMP_WORDS[i]}" in
      ${commandsOf(places).map(quoted).join(' | ')}) at="\${at:+$at }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "\${at:+$at }$prev" in
${lines(valuePlaces(places), ({ at, values }) => `    ${quoted(at)}) ${call(values)}; return ;;`)}
  esac
  case "$at:$cur" in
${lines(places, ({ at, commands, options, argument }) =>
  [
    `    ${quoted(`${at}:-`)}*) ${call(options.map((option) => option.name))} ;;`,
    `    ${quoted(`${at}:`)}*) ${call(commands.length > 0 ? commands.map((command) => command.name) : argument)} ;;`,
  ].join('\n'),
)}
  esac
}
complete -F ${program} ${name}
`
}

function zsh(name: string, places: readonly Place[]): string {
  const call = (values: Values | null): string => {
    if (values === 'files') return '_files'
    if (values === 'directories') return '_files -/'
    return values === null || values === 'anything' ? ':' : `compadd -- ${values.map(quoted).join(' ')}`
  }
  const described = (words: readonly Word[], what: string): string =>
    `choices=(${words.map((word) => quoted(`${word.name}:${word.description}`)).join(' ')}); _describe ${what} choices`
  const program = `_${name}`
  return `#compdef ${name}
# Completes ${name} in zsh: source <(${name} completion zsh)
${program}() {
  local at="" i
  local -a choices
  for ((i = 2; i < CURRENT; i++)); do
    case "\${at:+$at }\${words[i]}" in
      ${commandsOf(places).map(quoted).join(' | ')}) at="\${at:+$at }\${words[i]}" ;;
    esac
  done
  case "\${at:+$at }\${words[CURRENT-1]}" in
${lines(valuePlaces(places), ({ at, values }) => `    ${quoted(at)}) ${call(values)}; return ;;`)}
  esac
  case "$at:\${words[CURRENT]}" in
${lines(places, ({ at, commands, options, argument }) =>
  [
    `    ${quoted(`${at}:-`)}*) ${described(options, 'option')} ;;`,
    `    ${quoted(`${at}:`)}*) ${commands.length > 0 ? described(commands, 'command') : call(argument)} ;;`,
  ].join('\n'),
)}
  esac
}
if [ "$funcstack[1]" = ${quoted(program)} ]; then ${program} "$@"; else compdef ${program} ${name}; fi
`
}

function fish(name: string, places: readonly Place[]): string {
  const program = `__${name}_at`
  const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
  const values = (allowed: Values | null): string => {
    if (allowed === 'files') return '-F'
    if (allowed === 'directories') return `-a '(__fish_complete_directories)'`
    return allowed === null || allowed === 'anything' ? '' : `-a ${quote(allowed.join(' '))}`
  }
  const complete = ({ at }: Place, ...rest: string[]): string =>
    [`complete -c ${name} -n ${quote(`${program} ${quote(at)}`)}`, ...rest].filter(Boolean).join(' ')
  return `# Completes ${name} in fish: ${name} completion fish | source
function ${program}
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch (string trim "$at $word")
      case ${commandsOf(places).map(quote).join(' ')}
        set at (string trim "$at $word")
    end
  end
  test "$at" = "$argv[1]"
end
complete -c ${name} -f
${lines(places, (place) =>
  [
    ...place.commands.map((word) => complete(place, `-a ${quote(word.name)}`, `-d ${quote(word.description)}`)),
    ...(place.argument === null ? [] : [complete(place, values(place.argument))]),
    ...place.options.map((option) =>
      complete(
        place,
        `-l ${option.name.slice(2)}`,
        option.values === null ? '' : `${option.values === 'files' ? '-r' : '-x'} ${values(option.values)}`.trim(),
        `-d ${quote(option.description)}`,
      ),
    ),
  ].join('\n'),
)}
`
}

/** The words that lead to each command. */
function commandsOf(places: readonly Place[]): string[] {
  return places.map(({ at }) => at).filter((at) => at !== '')
}

function lines<T>(items: readonly T[], line: (item: T) => string): string {
  return items.map(line).join('\n')
}

/** In single quotes, as bash and zsh read them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
