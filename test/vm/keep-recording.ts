import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdDecompressSync } from 'node:zlib'
import { judgeAction, judgeRelief, type ReliefCase } from './relief-figures.ts'

/** Keeps what the agent recorded of a case that is right, and what is true of it: a replay gives the alerts that were sent. */
export function keepRecording(played: ReliefCase, outDir: string, to: string): void {
  const { name, from, relievedAt, actedAt } = played
  if (played.kind === 'relief' && judgeRelief(played).isRight)
    keep(recordingOf(outDir, name), { name, from, relievedAt })
  if (played.kind === 'action') {
    const { command, statedMiB, freedMiB, afterSeconds, buysTime, isRight } = judgeAction(played)
    // What follows the action is not asked for.
    const until = recordingOf(outDir, name).filter(line => Number(/"at":(\d+)/.exec(line)?.[1] ?? 0) <= actedAt!)
    if (isRight) keep(until, { name, command, statedMiB, freedMiB, afterSeconds, buysTime })
  }

  function keep(lines: readonly string[], truth: object): void {
    mkdirSync(join(to, name), { recursive: true })
    writeFileSync(join(to, name, 'recording.jsonl.gz'), gzipSync(`${lines.join('\n')}\n`, { level: 9 }))
    writeFileSync(join(to, name, 'truth.json'), `${JSON.stringify(truth, null, 2)}\n`)
  }
}

/** A segment that was being packed stands there twice. */
function recordingOf(outDir: string, name: string): readonly string[] {
  const dir = join(outDir, name, 'recordings')
  const segments = readdirSync(dir).filter(each => /\.jsonl(?:\.zst)?$/.test(each))
  return segments.sort().flatMap(segment => {
    const content = readFileSync(join(dir, segment))
    const text = segment.endsWith('.zst') ? zstdDecompressSync(content) : content
    return text.toString('utf8').split('\n').filter(Boolean)
  })
}
