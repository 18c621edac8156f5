import type { Command } from '../../src/cli/command.ts'
import { type FlagText, flagsOf } from '../../src/cli/flags.ts'
import { messagesOf } from '../../src/text/messages/catalogues.ts'

const texts = messagesOf('en').cli.commands

/** What a command's first argument can be besides a file, where it is a fixed word. */
const words: Readonly<Record<string, readonly string[]>> = { config: ['check', 'print'] }

/** For bash, as /usr/share/bash-completion/completions/oomloop. */
export function bashCompletion(commands: readonly Command[]): string {
  const names = commands.map(command => command.name).join(' ')
  const choices = new Map(
    commands.flatMap(command => flagsOf(command)).flatMap(flag => (flag.choices ? [[flag.name, flag.choices]] : [])),
  )
  const free = valueFlags(commands).filter(flag => !isPath(flag) && !flag.choices)
  return `# bash completion for oomloop; made from the table of commands
_oomloop() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} flags= words=
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${names} --help --version" -- "$current"))
    return
  fi
  case $previous in
${[...choices].map(([name, values]) => `    --${name}) COMPREPLY=($(compgen -W "${(values as readonly string[]).join(' ')}" -- "$current")); return ;;`).join('\n')}
    ${[...new Set(free.map(flag => `--${flag.name}`))].join('|')}) return ;;
  esac
  case $command in
${commands.map(command => `    ${command.name}) flags="${bashFlags(command)}"${words[command.name] ? ` words="${words[command.name]!.join(' ')}"` : ''} ;;`).join('\n')}
  esac
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current"))
  else COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _oomloop oomloop
`
}

function bashFlags(command: Command): string {
  return flagsOf(command)
    .map(flag => `--${flag.name}`)
    .join(' ')
}

/** For zsh, as /usr/share/zsh/site-functions/_oomloop. */
export function zshCompletion(commands: readonly Command[]): string {
  const specs = (command: Command): string =>
    [
      ...flagsOf(command).map(flag => zshFlag(flag, isRepeatable(command, flag))),
      words[command.name] ? `'1:what:(${words[command.name]!.join(' ')})'` : `'*:file:_files'`,
    ].join(' \\\n        ')
  return `#compdef oomloop
# made from the table of commands
_oomloop() {
  local -a commands
  commands=(
${commands.map(({ name }) => `    ${zshQuote(`${name}:${texts[name].summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands 'oomloop command' commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(command => `    ${command.name})\n      _arguments -s \\\n        ${specs(command)} ;;`).join('\n')}
  esac
}
_oomloop "$@"
`
}

function zshFlag(flag: FlagText, isRepeatable: boolean): string {
  const help = flag.help.replace(/[[\]]/g, '')
  const action = flag.choices ? `(${flag.choices.join(' ')})` : isPath(flag) ? '_files' : ''
  const value = flag.value === null ? '' : `:${flag.value.replace(/[:|]/g, ' ')}:${action}`
  return zshQuote(`${isRepeatable ? '*' : ''}--${flag.name}[${help}]${value}`)
}

function zshQuote(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`
}

/** For fish, as /usr/share/fish/vendor_completions.d/oomloop.fish. */
export function fishCompletion(commands: readonly Command[]): string {
  const names = commands.map(command => command.name).join(' ')
  const none = `not __fish_seen_subcommand_from ${names}`
  return `# fish completion for oomloop; made from the table of commands
complete -c oomloop -n '${none}' -f
complete -c oomloop -n '${none}' -l help -d 'all commands'
complete -c oomloop -n '${none}' -l version -d 'the version'
${commands.map(({ name }) => `complete -c oomloop -n '${none}' -a ${name} -d ${fishQuote(texts[name].summary)}`).join('\n')}
${commands
  .flatMap(command => [
    ...flagsOf(command).map(flag => fishFlag(command, flag)),
    ...(words[command.name]
      ? [
          `complete -c oomloop -n '__fish_seen_subcommand_from ${command.name}' -f -a '${words[command.name]!.join(' ')}'`,
        ]
      : []),
  ])
  .join('\n')}
`
}

function fishFlag(command: Command, { name, short, value, choices, help }: FlagText): string {
  return [
    `complete -c oomloop -n '__fish_seen_subcommand_from ${command.name}' -l ${name}`,
    short ? `-s ${short}` : '',
    value === null ? '' : choices ? `-x -a '${choices.join(' ')}'` : '-r',
    `-d ${fishQuote(help)}`,
  ]
    .filter(Boolean)
    .join(' ')
}

function fishQuote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
}

function isRepeatable(command: Command, flag: FlagText): boolean {
  return command.flags.some(own => own.name === flag.name && own.multiple)
}

function valueFlags(commands: readonly Command[]): readonly FlagText[] {
  return commands.flatMap(command => flagsOf(command)).filter(flag => flag.value !== null)
}

function isPath({ value }: FlagText): boolean {
  return value === 'FILE' || value === 'PATH'
}
