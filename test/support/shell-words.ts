/** One simple command of a line, with its words as a POSIX shell sees them, and the file that its output goes to. */
export interface SimpleCommand {
  readonly words: readonly string[]
  readonly to: string | null
}

/**
 * Splits a line into its simple commands as a POSIX shell does. Only what oomloop's commands are made of: words, both kinds
 * of quotes, `&&`, `||`, `|`, `;`, `>`, and `$(uname -n)` in double quotes. Anything else that a shell acts on throws.
 */
export function shellCommands(line: string): readonly SimpleCommand[] {
  const commands: SimpleCommand[] = []
  let words: string[] = []
  let to: string | null = null
  let word: string | null = null
  let isTarget = false
  const endWord = (): void => {
    if (word === null) return
    if (isTarget) to = word
    else words.push(word)
    word = null
    isTarget = false
  }
  const endCommand = (): void => {
    endWord()
    if (words.length === 0) throw new Error(`an empty command in: ${line}`)
    commands.push({ words, to })
    words = []
    to = null
  }
  for (let at = 0; at < line.length; ) {
    const rest = line.slice(at)
    const [quoted, inner] = /^'([^']*)'/.exec(rest) ?? /^"((?:\$\(uname -n\)|[^"$`\\])*)"/.exec(rest) ?? []
    const [plain] = /^(?:[A-Za-z0-9_./:@%+=,{}[\]-]|\\')+/.exec(rest) ?? []
    const [operator] = /^(?:&&|\|\||\||;)/.exec(rest) ?? []
    if (quoted !== undefined) word = (word ?? '') + inner
    else if (plain !== undefined) word = (word ?? '') + plain.replaceAll("\\'", "'")
    else if (operator !== undefined) endCommand()
    else if (rest.startsWith('> ')) {
      endWord()
      isTarget = true
    } else if (rest.startsWith(' ')) endWord()
    else throw new Error(`a shell acts on ${JSON.stringify(rest[0])} in: ${line}`)
    at += (quoted ?? plain ?? operator ?? ' ').length
  }
  endCommand()
  return commands
}
