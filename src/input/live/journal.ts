import { createLineParser } from '../parse/carrier.ts'
import type { Source, SourceState } from '../types.ts'
import { live } from './log-file.ts'

/**
 * Follows kernel lines that come on stdin. The journal's files are a database without a library for Node, and the agent
 * starts no child process; so whoever wants the journal starts `journalctl` in front of it:
 *
 *     journalctl --dmesg --follow --lines=0 --output=json | oomloop run --source journal
 *
 * It goes blind once, for good, when stdin ends; `run` ends then too.
 */
export function createJournalSource(input: NodeJS.ReadableStream = process.stdin): Source {
  const parser = createLineParser()
  let rest = ''
  let take: ((chunk: string | Buffer) => void) | undefined
  return {
    name: 'journal',
    start: emit => {
      take = chunk => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop()!.slice(0, maxLine)
        for (const line of lines) {
          const observation = live(parser, line)
          if (observation) emit(observation)
        }
      }
      const tell = (state: SourceState['state'], why: string, steady?: true): void =>
        emit({ kind: 'source', at: Date.now(), source: 'journal', state, why, ...(steady && { steady }) })
      tell('sighted', 'reading what is piped in', true)
      input.setEncoding('utf8')
      input.on('data', take)
      input.once('end', () => tell('blind', 'stdin has come to its end: journalctl is gone'))
      input.once('error', error => tell('blind', `stdin cannot be read any more: ${error.message}`))
    },
    stop: () => {
      if (take) input.off('data', take)
      input.pause()
    },
  }
}

// A megabyte without a newline is no kernel line; what follows it to the next newline is not one either.
const maxLine = 128 * 1024
