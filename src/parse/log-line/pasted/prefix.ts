import type { WallTime } from '../log-time-zone.ts'
import { writtenTimes } from './written-time.ts'

/** What stands before the kernel's text in a line of any format. */
export interface PastedPrefix {
  readonly time?: WallTime | { readonly epochMs: number }
  readonly stampUs?: number
  readonly level?: number
  readonly host?: string
  readonly caller?: string
  /** `kernel:` stands there: whatever else does, it is the kernel's line. */
  readonly isNamed: boolean
  /** Another program is named as the one that wrote the line. */
  readonly writer?: string
  /** Every part of it was recognised. */
  readonly isKnown: boolean
}

/**
 * Takes apart what stands before the kernel's text: times, hosts, tags, stamps, levels, in any order.
 *
 *     avril 16 21:08:50 node-a kernel:     err|kernel[-]|[2919920.414272]     dmesg-1  | [  123.456789]
 *     2026-04-16T21:08:50Z {hostname="node-a", job="systemd-journal"}         Apr 16 21:08:50 relay Apr 16 21:08:49 node-a kernel:
 *     [  123.456789] -(0)[1234:java]       [  123.4567] [2:  java: 1234]      04-16 21:08:50.123     0     0 E
 */
export function readPrefix(prefix: string): PastedPrefix {
  // A prefix of a page's length is no prefix.
  let rest = prefix.slice(-2000)
  const times = writtenTimes(rest)
  for (const { start, end } of times.toReversed()) rest = `${rest.slice(0, start)}\u0000${rest.slice(end)}`

  const take = (pattern: RegExp, by = ' '): RegExpExecArray | null => {
    const match = pattern.exec(rest)
    if (match) rest = `${rest.slice(0, match.index)}${by}${rest.slice(match.index + match[0].length)}`
    return match
  }

  const stamp =
    take(/\[\s*(\d{1,10})\.(\d{6}) \/ \u0000\]/) ?? // Android's last_kmsg: [ 1234.567890 / 04-16 21:08:50.120]
    take(/\[\s*(\d{1,10})\.(\d{1,9})\s?\](?!.*\[\s*\d{1,10}\.\d{1,9}\s?\])/s) ??
    take(/^\s*(\d{1,10})\.(\d{6})\] /)
  const caller =
    take(/\[\s*([TC]\d{1,10})\]/) ??
    take(/[-(]*\(\d{1,3}\)\[\d{1,10}:[^\]]{0,40}\]/) ??
    take(/[A-Z]?\[\d{1,3}: *[^\]:]{0,20}: *\d{1,10}\]/) ??
    take(/\bc\d{1,3} +\d{1,10} /)
  const level = take(/<([0-7])>\.?/)?.[1] ?? levelOf(take(namedLevel)?.[1])
  const kernel =
    take(
      /(?:^|(?<=[\s|\u0000,/"'=(]))(?:([^\s|\u0000:="'{}[\]]{1,253})\s)?(?:kern\.[a-z]{3,7} )?kernel(?:\[[-\d]{0,10}\])?(?: <\w{1,12}>)?\s{0,8}[:|]/,
    ) ??
    take(/(?:^|(?<=[\s\u0000]))([\w.-]{1,253}) kernel - - - /) ??
    take(/(?:^|(?<=[\s|\u0000\]]))()[[(]kern(?:el)?[\])]:?(?=\s|$)/i) ??
    take(/(?:^|(?<=[\s|\u0000.]))()(?:kern(?:el)?\.[a-z]{3,7}|vmunix|klogd?|kmsg|user\.kernel):? /)
  const label = take(
    /\b(?:_?hostname|host|node|nodename|node_name|instance|computer)["']?\s?[=:]\s?["']?([\w.-]{1,253})["']?/i,
  )
  const writer = kernel ? undefined : writerOf(rest)
  const time = times.findLast(({ time: one }) => one !== null && ('epochMs' in one || one.offsetMinutes !== undefined))
  const host = hostOf(kernel?.[1]) ?? label?.[1]
  return {
    ...timeOf(time?.time ?? times.findLast(({ time: one }) => one !== null)?.time),
    ...(stamp && { stampUs: Number(stamp[1]) * 1_000_000 + Number(stamp[2]!.padEnd(6, '0').slice(0, 6)) }),
    ...(level !== undefined && { level: Number(level) }),
    ...(host !== undefined && { host }),
    ...(caller?.[1]?.match(/^[TC]\d/) && { caller: caller[1] }),
    isNamed: kernel !== null,
    ...(writer !== undefined && { writer }),
    // The kernel's own stamp in brackets is a known form, whatever stands before it.
    isKnown: stamp !== null || (times.length > 0 && row.test(prefix)) || remains(rest) === '',
  }
}

function timeOf(time: PastedPrefix['time'] | null): Pick<PastedPrefix, 'time'> {
  return time ? { time } : {}
}

const namedLevel =
  /(?:^|(?<=[\s|\u0000"[]))(?:kern\s*[:.]\s*)?(emerg|alert|crit|err|error|warn|warning|notice|info|debug)\s*[:|]/i
const levels = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug']

function levelOf(name: string | undefined): number | undefined {
  if (name === undefined) return undefined
  const at = levels.findIndex(one => name.toLowerCase().startsWith(one))
  return at < 0 ? undefined : at
}

function hostOf(name: string | undefined): string | undefined {
  if (!name || !/^[a-z\d](?:[\w.-]{0,251}[a-z\d])?$/i.test(name) || /^\d+$/.test(name)) return undefined
  return /^(?:localhost|kernel|kern|err|info|warning|notice|stdout|stderr|raw|[VDIWEFP])$/i.test(name)
    ? undefined
    : name
}

/** `node-a sshd[123]:` after a time, or `sshd[123]:` anywhere: another program wrote that line. */
function writerOf(rest: string): string | undefined {
  const tagged =
    /(?:^|[\s|\u0000])([\w./@-]{1,64})\[\d{1,10}\]:\s/.exec(rest) ??
    /\u0000\s*(?:\S{1,253} )([\w./@-]{1,64}): $/.exec(rest)
  const tag = tagged?.[1]
  return tag === undefined || relays.test(tag) ? undefined : tag
}

/** Programs that pass on what the kernel wrote. */
export const relays =
  /^(?:node-problem-detector.*|kernel-monitor|klogd|dmesg|kmsg|netconsole|console|serial|imklog|lowmemorykiller)$/i

/** A row of a table: `"2026-04-16T21:08:50Z",node-a,"…`. */
const row =
  /^(?:"?[^"\n]{0,100}"|[\w.:@ +/-]{0,100})(?:[,;\t|] ?(?:"[^"\n]{0,100}"|[\w.:@ +/-]{0,100})){0,12}[,;\t|] ?"?$/

/** What nothing recognised, without the marks and the words that formats put between. */
function remains(rest: string): string {
  return rest
    .replace(/[\p{L}.]{1,12},?\s{0,2}(?=\u0000)/gu, '')
    .replace(/\b[\w.@-]{1,40}=(?:"[^"]{0,200}"|[^\s"]{0,200})/g, '')
    .replace(/"[\w@. -]{1,40}"\s?:/g, '')
    .replace(
      /\b(?:msg|message|MESSAGE|log|text|line|stdout|stderr|body|_raw|short_message|level|severity)\b["']?\s?[=:]/g,
      '',
    )
    .replace(/\b(?:stdout|stderr) [FP]\b/g, '')
    .replace(/^[\s\u0000]*\d{1,6}\s+\d{1,6}\s+[VDIWEF]\b/, '')
    .replace(/^[A-Za-z]:?\s|\b[A-Za-z]{1,3}\b(?=\s*$)/g, '')
    .replace(/^[\w.-]{1,80}(?:\s*\||$)/, '')
    .replace(/^\S*[@~][^\n]{0,80}[#$]/, '')
    .replace(/\{[^{}]{0,500}\}/g, '')
    .replace(/\[ ?[A-Za-z][\w.-]{0,30} ?\]/g, '')
    .replace(/[\s\u0000[\](){}|:;,"'`*>#$+–—-]+/g, '')
}
