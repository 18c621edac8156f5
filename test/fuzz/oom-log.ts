import { createKmsgFeed } from '../../src/input/live/kmsg-feed.ts'
import { createLineParser } from '../../src/parse/log-line/format.ts'
import { decodeEscapes } from '../../src/parse/log-line/kmsg.ts'
import { createPastedLines } from '../../src/parse/log-line/pasted/pasted-lines.ts'
import { createUnwrapper } from '../../src/parse/log-line/pasted/wrapped-lines.ts'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import { parseKilledLine } from '../../src/parse/oom/oom-victim.ts'
import { createCandidates } from '../../src/parse/oom/prefilter.ts'
import type { KernelRecord, Observation, OomKill } from '../../src/types.ts'

/**
 * One input: taken as a log of lines, as the same log in chunks of bytes of which the lines that matter are cut out, as
 * raw records of /dev/kmsg, and as a pasted log. Throws where something is not as it must be. Returns what kills were found, by their kind.
 */
export function tryLog(text: string): readonly string[] {
  const before = process.cpuUsage() // the machine may be busy with other work
  const lines = text.split('\n')
  const parser = createLineParser({ year: 2026, timeZone: 'UTC' })
  const observations = [...lines.map(parser.parse), parser.end()]
  const kills = [...killsOf(observations), ...killsOfDevice(text)]
  for (const kill of kills) check(kill, text)
  const cut = new Set(cutOut(text))
  // An empty line ends an entry of a journal export, all of whose lines are cut out.
  const missed = lines.find((line, at) => line !== '' && isDeath(observations[at]) && !cut.has(line.toWellFormed()))
  if (missed !== undefined) throw new Error(`not cut out of the log: ${missed}`)
  // A hundred times slower than the rest together, which ten million inputs could not wait for.
  if (text.length % 200 === 0) readAsPasted(lines)
  if (process.cpuUsage(before).user > 2_000_000) throw new Error('took more than two seconds')
  return kills.map(kindOf)
}

function killsOf(observations: readonly (Observation | undefined)[]): readonly OomKill[] {
  const parser = createOomParser()
  const told = observations.flatMap(one => (one?.kind === 'kernel' ? parser.push(one) : []))
  return [...told, ...parser.flush(Infinity)]
}

/** As `run` reads: records of bytes; whatever userspace wrote is left out. */
function killsOfDevice(text: string): readonly OomKill[] {
  const feed = createKmsgFeed({ opened: { at: 1, stampUs: 0 } })
  return killsOf(text.split('\n').flatMap((record, at) => feed.push(Buffer.from(record, 'utf8'), at)))
}

/** As `replay` reads: most lines are never parsed. */
function cutOut(text: string): readonly string[] {
  const candidates = createCandidates(text)
  const bytes = Buffer.from(text, 'utf8')
  const half = bytes.length >> 1
  return [bytes.subarray(0, half), bytes.subarray(half)]
    .flatMap(candidates.push)
    .concat(candidates.end())
    .map(({ text: line }) => line)
}

/** As `replay` reads what the strict rules do not know: it finds more, and must not fail. */
function readAsPasted(lines: readonly string[]): void {
  const pasted = createPastedLines({ year: 2026, timeZone: 'UTC' })
  const unwrap = createUnwrapper()
  for (const [number, text] of lines.entries()) for (const line of unwrap.push({ text, number })) pasted.line(line.text)
  for (const line of unwrap.end()) pasted.line(line.text)
  pasted.end()
  const document = createPastedLines({ year: 2026, timeZone: 'UTC' })
  for (const text of lines) document.json(`${text}\n`)
  document.end()
}

function isDeath(observation: Observation | undefined): boolean {
  return observation?.kind === 'kernel' && parseKilledLine((observation as KernelRecord).text) !== undefined
}

/** How it came about, and which of its fields are known. */
function kindOf(kill: OomKill): string {
  const { scope, partial, group, sacrificedFor, taskMemcg, oomMemcg, invoker, uid, score } = kill
  const known = [group ?? null, sacrificedFor, taskMemcg, oomMemcg, invoker, uid, score].map(value => value !== null)
  return `${scope} ${partial} ${known.map(Number).join('')}`
}

/** No kill without a line that says so, in these words and of this pid. */
function check(kill: OomKill, text: string): void {
  const plainly = kill.partial ? `ill process ${kill.pid}` : `Killed process ${kill.pid}`
  if (!text.includes(plainly) && !isSaid(kill, text)) throw new Error(`invented: ${JSON.stringify(kill)}`)
  if (kill.comm !== null && kill.comm.length > 16_384) throw new Error('a name without bound')
  if ((kill.lines ?? []).length > 20 || (kill.tasks ?? []).length > 50) throw new Error('a list without bound')
  for (const size of [kill.totalVmKiB, kill.anonRssKiB, kill.uid, kill.limitKiB]) {
    if (size !== null && !(Number.isSafeInteger(size) && size >= 0)) throw new Error(`no number: ${size}`)
  }
}

/** In whatever way the lines can be read. The kernel may split a choice in the middle of its pid. */
function isSaid({ partial, pid }: OomKill, text: string): boolean {
  const words = partial ? /(?:[Kk]ill process |pid=)0*(\d*)/g : /Killed process 0*(\d+)/g
  const isPid = (digits: string): boolean => (partial ? String(pid).startsWith(digits) : Number(digits) === pid)
  return text
    .split('\n')
    .some(line => texts(line).some(one => [...one.matchAll(words)].some(match => isPid(match[1]!))))
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
