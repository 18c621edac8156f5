import { createLineParser } from '../../parse/log-line/format.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Locale, Source, SourceState } from '../../types.ts'
import { live } from './log-file.ts'

/**
 * Follows kernel lines that come on stdin. The journal's files are a database without a library for Node, and the agent
 * starts no child process; so to read the journal, start `journalctl` in front of it:
 *
 *     journalctl --dmesg --follow --lines=0 --output=json | oomloop run --source journal
 *
 * The source is down for good once stdin has ended; `run` exits then too.
 */
export function createJournalSource(input: NodeJS.ReadableStream = process.stdin, locale: Locale = 'en'): Source {
  const t = messagesOf(locale).input.journal
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
      const report = (state: SourceState['state'], why: string, steady?: true): void =>
        emit({ kind: 'source', at: Date.now(), source: 'journal', state, why, ...(steady && { steady }) })
      report('sighted', t.up, true)
      input.setEncoding('utf8')
      input.on('data', take)
      input.once('end', () => report('blind', t.ended))
      input.once('error', error => report('blind', t.failed({ why: error.message })))
    },
    stop: () => {
      if (take) input.off('data', take)
      input.pause()
    },
  }
}

// A megabyte without a newline is no kernel line; what follows it to the next newline is not one either.
const maxLine = 128 * 1024
