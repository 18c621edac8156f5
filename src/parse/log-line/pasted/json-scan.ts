/** What an entry of a JSON log says of itself, beside its text. */
export interface EntryFacts {
  readonly time?: string
  readonly host?: string
  /** The program that wrote it. */
  readonly program?: string
  readonly unit?: string
  readonly transport?: string
  readonly facility?: string
  readonly level?: string
  /** Seconds since boot, or what `sec` and `usec` or `_SOURCE_MONOTONIC_TIMESTAMP` say, microseconds. */
  readonly stampUs?: number
}

export interface JsonEntry {
  readonly facts: EntryFacts
  readonly key: string
  readonly text: string
}

/** Reads JSON of any size and shape in flat memory: documents, lines, arrays, one after the other, also cut off. */
interface JsonScanner {
  readonly push: (chunk: string) => readonly JsonEntry[]
  readonly end: () => readonly JsonEntry[]
  /** Whether brackets are open: the document goes on. */
  readonly isOpen: () => boolean
}

/**
 * Hands out every string that `isWanted`, with the time, host and program of the object that it stands in, or of one
 * around it. So it needs no list of the shapes that log stores export.
 *
 *     {"dmesg":[{"pri":4,"time":123.456789,"msg":"Out of memory: Killed process …"}]}
 *     {"jsonPayload":{"MESSAGE":"…","_TRANSPORT":"kernel"},"timestamp":"2026-04-16T21:08:50Z"}
 *     {"streams":[{"stream":{"hostname":"node-a"},"values":[["1713301730000000000","…"]]}]}
 *     {"results":[[{"field":"@timestamp","value":"…"},{"field":"@message","value":"…"}]]}
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one automaton: short functions that share its state
export function createJsonScanner(isWanted: (text: string) => boolean): JsonScanner {
  const stack: Frame[] = []
  let depthBeyond = 0
  let state: 'value' | 'string' | 'scalar' = 'value'
  let isEscaped = false
  let raw = ''
  let out: JsonEntry[] = []

  const scalar = (text: string, isString: boolean): void => {
    const frame = stack.at(-1)
    if (!frame || depthBeyond > 0) return
    if (frame.isArray) {
      if (frame.key === 'MESSAGE' && !isString && frame.bytes && frame.bytes.length < maxValue)
        frame.bytes.push(Number(text))
      else if (/^\d{16,19}$/.test(text)) frame.facts.time ??= text
      else if (isString && isWanted(text) && frame.texts.length < maxTexts)
        frame.texts.push({ key: frame.key, text, facts: {} })
      return
    }
    const { key } = frame
    if (key === 'field') frame.field = text
    pair(frame, key === 'value' && frame.field !== undefined ? frame.field : key, text, isString)
  }

  const pair = (frame: Frame, key: string, text: string, isString: boolean): void => {
    factOf(frame.facts, nameOf(frame.within, key), text, isString)
    if (isString && isWanted(text) && frame.texts.length < maxTexts) frame.texts.push({ key, text, facts: frame.facts })
  }

  const close = (): void => {
    if (depthBeyond > 0) {
      depthBeyond--
      return
    }
    const frame = stack.pop()
    if (!frame) return
    if (
      frame.bytes &&
      frame.bytes.length > 0 &&
      frame.bytes.every(byte => Number.isInteger(byte) && byte >= 0 && byte < 256)
    ) {
      const text = Buffer.from(frame.bytes).toString('utf8')
      if (isWanted(text)) frame.texts.push({ key: frame.key, text, facts: {} })
    }
    for (const text of frame.texts) text.facts = { ...frame.facts, ...text.facts }
    const parent = stack.at(-1)
    const isRoot = stack.every(({ isArray }) => isArray)
    // A stamp alone may stand in a payload whose time stands beside it.
    const isDated = frame.facts.time !== undefined || (frame.facts.stampUs !== undefined && parent?.isArray === true)
    if (
      frame.texts.length > 0 &&
      (isRoot || isDated || !parent || parent.texts.length + frame.texts.length > maxTexts)
    ) {
      let around: EntryFacts = {}
      for (const { facts } of stack) around = { ...around, ...facts }
      for (const { key, text, facts } of frame.texts) out.push({ key, text, facts: { ...around, ...facts } })
    } else if (parent) parent.texts.push(...frame.texts)
    // What stands in `labels`, `host`, `resource`, `metadata` is said of the entry around it.
    if (parent && !parent.isArray && !frame.isArray) parent.facts = { ...frame.facts, ...parent.facts }
    else if (parent?.isArray && frame.field !== undefined) parent.facts = { ...parent.facts, ...frame.facts }
  }

  const open = (isArray: boolean): void => {
    if (stack.length >= maxDepth || depthBeyond > 0) {
      depthBeyond++
      return
    }
    const key = stack.at(-1)?.key ?? ''
    stack.push({
      isArray,
      key: isArray ? key : '',
      within: key,
      facts: {},
      texts: [],
      ...(isArray && key === 'MESSAGE' && { bytes: [] }),
    })
    const frame = stack.at(-1)!
    if (isArray) frame.key = key
  }

  const push = (chunk: string): readonly JsonEntry[] => {
    out = []
    let from = 0
    for (let at = 0; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at)
      if (state === 'string') {
        if (isEscaped) isEscaped = false
        else if (code === 92) isEscaped = true
        else if (code === 34) {
          raw = kept(raw, chunk, from, at)
          state = 'value'
          ended(raw)
          raw = ''
        }
        if (state === 'string' && at === chunk.length - 1) raw = kept(raw, chunk, from, at + 1)
        continue
      }
      const isWord =
        (code >= 48 && code <= 57) ||
        (code >= 97 && code <= 122) ||
        code === 45 ||
        code === 46 ||
        code === 43 ||
        (code >= 65 && code <= 90)
      if (isWord) {
        if (state !== 'scalar') {
          state = 'scalar'
          raw = ''
        }
        if (raw.length < 64) raw += chunk[at]
        continue
      }
      if (state === 'scalar') {
        scalar(raw, false)
        raw = ''
        state = 'value'
      }
      if (code === 34) {
        state = 'string'
        from = at + 1
        raw = ''
      } else if (code === 123 || code === 91) open(code === 91)
      else if (code === 125 || code === 93) close()
      else if (code === 44) {
        const frame = stack.at(-1)
        if (frame && !frame.isArray && depthBeyond === 0) frame.key = ''
      } else if (code === 58) {
        const frame = stack.at(-1)
        if (frame && !frame.isArray && depthBeyond === 0) frame.key = lastString
      }
      from = at + 1
    }
    return out
  }

  let lastString = ''
  /** A string is a key until a comma or a closing bracket shows that it was a value: keys are taken at their colon. */
  const ended = (text: string): void => {
    const frame = stack.at(-1)
    lastString = text.length <= 256 ? unescaped(text) : ''
    if (!frame || depthBeyond > 0) return
    if (frame.isArray || frame.key !== '') scalar(unescaped(text), true)
  }

  const end = (): readonly JsonEntry[] => {
    out = []
    while (stack.length > 0) close()
    depthBeyond = 0
    state = 'value'
    raw = ''
    return out
  }

  return { push, end, isOpen: () => stack.length > 0 }
}

interface Frame {
  readonly isArray: boolean
  key: string
  readonly within: string
  facts: { -readonly [K in keyof EntryFacts]: EntryFacts[K] }
  texts: { readonly key: string; readonly text: string; facts: EntryFacts }[]
  field?: string
  bytes?: number[]
}

const maxDepth = 64
const maxTexts = 5000
// Two paths of 4096 bytes, each byte escaped; longer strings are cut.
const maxValue = 128 * 1024

function kept(raw: string, chunk: string, from: number, to: number): string {
  return raw.length >= maxValue ? raw : raw + chunk.slice(from, Math.min(to, from + maxValue))
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  try {
    return JSON.parse(`"${text.replace(/[\x00-\x1f]/g, ' ')}"`) as string
  } catch {
    return text // cut off within an escape
  }
}

const timeKeys =
  /^(?:@?timestamp|_?time|ts|@t|date(?:time)?|eventtime|time_?(?:generated|reported)(?: \[utc\])?|__realtime_timestamp|_source_realtime_timestamp|@timestamp|published|log_?time|first_?timestamp|last_?timestamp|eventtimestamp|receivetimestamp|creationtimestamp)$/i
const hostKeys =
  /^(?:_?hostname|host|host[._]?name|node|node_?name|kubernetes_host|kubernetes\.(?:host|node_name|node\.name)|computer|machine|source_?host|fromhost|syslog_hostname|agent\.hostname|beat\.hostname|instance(?:_?name)?)$/i
const programKeys =
  /^(?:syslog_identifier|ident(?:ifier)?|program(?:name)?|app[-_]?name|syslog_?tag|processname|process\.name|log\.syslog\.appname)$/i
const facilityKeys =
  /^(?:syslog_?)?facility(?:[-_.]?(?:text|name|label|code))?$|^log\.syslog\.facility\.(?:code|name)$/i
const levelKeys = /^(?:priority|level|pri|severity)$/i

/** `host: { name }`, `facility: { code, name }`. */
function nameOf(within: string, key: string): string {
  if (key === 'name' && /^(?:host|node|agent)$/.test(within)) return 'hostname'
  return within === 'facility' ? within : key
}

function factOf(facts: Frame['facts'], key: string, text: string, isString: boolean): void {
  if (key === '' || key.length > 40 || text.length > 300) return
  if (key === 'time' && !isString && /^\d{1,9}\.\d{6}$/.test(text)) facts.stampUs = Math.round(Number(text) * 1e6)
  else if (key === '_SOURCE_MONOTONIC_TIMESTAMP' && /^\d{1,16}$/.test(text)) facts.stampUs = Number(text)
  else if (key === 'sec' && /^\d{1,9}$/.test(text)) facts.stampUs = (facts.stampUs ?? 0) + Number(text) * 1e6
  else if (key === 'usec' && /^\d{1,6}$/.test(text)) facts.stampUs = (facts.stampUs ?? 0) + Number(text)
  // The journal's own time is that of the event; the store's (`timestamp` beside it) is that of its arrival.
  else if (key === '__REALTIME_TIMESTAMP') facts.time = text
  else if (timeKeys.test(key)) facts.time ??= text
  else if (hostKeys.test(key) && isString) facts.host ??= text
  else if (key === '_TRANSPORT') facts.transport = text
  else if (key === '_SYSTEMD_UNIT' && isString) facts.unit = text
  else if (facilityKeys.test(key)) facts.facility ??= text
  else if (programKeys.test(key) && isString) facts.program ??= text
  else if (levelKeys.test(key)) facts.level ??= text
}
