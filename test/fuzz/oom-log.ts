import { createLineParser } from '../../src/parse/carrier.ts'
import { decodeEscapes } from '../../src/parse/carrier-kmsg.ts'
import { createOomParser } from '../../src/parse/oom.ts'
import { createKmsgFeed } from '../../src/source/kmsg-feed.ts'
import type { KernelRecord, OomKill, UnitLine } from '../../src/types.ts'

/** One input: taken as a log of lines, and as raw records of /dev/kmsg. Throws where something is not as it must be. */
export function fuzz(data: Buffer): void {
  const lines = data.toString('utf8').split('\n')
  const kills = killsOfLog(lines)
  const feed = createKmsgFeed({ opened: { at: 1, stampUs: 0 } })
  const parser = createOomParser()
  const records = data.toString('latin1').split('\n')
  for (const [at, record] of records.entries()) {
    for (const observation of feed.push(Buffer.from(record, 'latin1'), at)) {
      if (observation.kind === 'kernel') kills.push(...parser.push(observation))
    }
  }
  kills.push(...parser.flush(Infinity))
  for (const kill of kills) check(kill, [...lines, ...records])
}

function killsOfLog(lines: readonly string[]): OomKill[] {
  const carrier = createLineParser({ year: 2026, timeZone: 'UTC' })
  const parser = createOomParser()
  const kills: OomKill[] = []
  const take = (observation: KernelRecord | UnitLine | undefined): void => {
    if (observation?.kind === 'kernel') kills.push(...parser.push(observation))
  }
  for (const line of lines) take(carrier.parse(line))
  take(carrier.end())
  return [...kills, ...parser.flush(Infinity)]
}

/** No kill without a line that says so, in these words and of this pid, at the beginning of what the kernel wrote. */
function check(kill: OomKill, lines: readonly string[]): void {
  const words = kill.partial ? /(?:[Kk]ill process |pid=)0*(\d+)/ : /Killed process 0*(\d+)/
  const isSaid = lines.some(line => texts(line).some(text => saidPids(text, words).includes(kill.pid)))
  if (!isSaid) throw new Error(`invented: ${JSON.stringify(kill)}`)
  if (kill.comm !== null && kill.comm.length > 16_384) throw new Error('a name without bound')
  if ((kill.lines ?? []).length > 20 || (kill.tasks ?? []).length > 50) throw new Error('a list without bound')
  for (const size of [kill.totalVmKiB, kill.anonRssKiB, kill.uid, kill.limitKiB]) {
    if (size !== null && !(Number.isSafeInteger(size) && size >= 0)) throw new Error(`no number: ${size}`)
  }
}

function saidPids(text: string, words: RegExp): number[] {
  return [...text.matchAll(new RegExp(words, 'g'))].map(match => Number(match[1]))
}

/** All that a line can be taken to say: as it stands, decoded, and the texts within JSON. */
function texts(line: string): string[] {
  const all = [line, decodeEscapes(line)]
  const brace = line.indexOf('{')
  if (brace < 0) return all
  try {
    JSON.parse(line.slice(brace), (_, value) => {
      if (typeof value === 'string') all.push(...value.split('\n'), decodeEscapes(value))
      if (Array.isArray(value) && value.every(Number.isInteger)) all.push(Buffer.from(value).toString('utf8'))
      return value
    })
  } catch {
    // no JSON after all
  }
  return all
}
