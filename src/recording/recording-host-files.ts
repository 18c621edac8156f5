import type { HostFiles } from '../types.ts'
import type { CaptureFiles } from './formats.ts'

/** Reads on behalf of a sampler and remembers what it got, so that a capture holds the files that are really read. */
interface RecordingHostFiles {
  /** To be read instead of the host's own. */
  readonly files: HostFiles
  /** What changed since the last call, as a line of a capture; undefined where nothing did. */
  readonly take: () => Omit<CaptureFiles, 'at'> | undefined
}

interface RecordingHostFilesOptions {
  /** The text that may stand in a capture; undefined where the content of the file is private. */
  readonly keep: (path: string, text: string) => string | undefined
  /** Called at the first change since the last `take`. */
  readonly onChange?: () => void
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one function for each kind of reading, and what they recorded last
export function createRecordingHostFiles(
  host: HostFiles,
  { keep, onChange }: RecordingHostFilesOptions,
): RecordingHostFiles {
  const texts = new Map<string, string>()
  const links = new Map<string, string>()
  const listed = new Map<string, ReadonlySet<string>>()
  const pathsOfPid = new Map<number, string[]>()
  let pids: readonly number[] = []
  let changed: Record<string, string | null> = {}
  let changedLinks: Record<string, string | null> = {}
  let changedPids: readonly number[] | undefined
  let isReported = false

  const report = (): void => {
    if (!isReported) onChange?.()
    isReported = true
  }

  const put = (path: string, text: string): void => {
    if (texts.get(path) === text) return
    const pid = texts.has(path) ? undefined : pidOf(path)
    if (pid !== undefined) pathsOfPid.set(pid, [...(pathsOfPid.get(pid) ?? []), path])
    texts.set(path, text)
    changed[path] = text
    report()
  }

  const drop = (path: string): void => {
    if (!texts.delete(path)) return
    changed[path] = null
    report()
  }

  const seen = (path: string, text: string | undefined): string | undefined => {
    const kept = text === undefined ? undefined : keep(path, text)
    if (kept !== undefined) put(path, kept)
    else if (text === undefined) drop(path)
    return text
  }

  /** A name that is only listed stands in a capture as a file without text. */
  const list = (path: string): readonly string[] | undefined => {
    const names = host.list(path)
    if (names === undefined && host.failure?.() !== undefined) return undefined
    const now = new Set(names)
    const folder = path === '/' ? '' : path
    for (const name of now) {
      const child = `${folder}/${name}`
      if (!texts.has(child) && keep(child, '') !== undefined) put(child, '')
    }
    for (const name of listed.get(path) ?? []) if (!now.has(name)) dropBelow(`${folder}/${name}`)
    listed.set(path, now)
    return names
  }

  /** What could not be read is not gone: a capture keeps what was there. */
  const seenOrFailed = (path: string, text: string | undefined): string | undefined =>
    text === undefined && host.failure?.() !== undefined ? undefined : seen(path, text)

  const dropBelow = (path: string): void => {
    drop(path)
    for (const known of texts.keys()) if (known.startsWith(`${path}/`)) drop(known)
    for (const known of listed.keys()) if (known === path || known.startsWith(`${path}/`)) listed.delete(known)
  }

  const listPids = (): readonly number[] => {
    const now = host.pids()
    if (now.length === 0 && host.failure?.() !== undefined) return now
    if (now.length === pids.length && now.every((pid, index) => pid === pids[index])) return now
    pids = now
    changedPids = now
    report()
    const living = new Set(now)
    for (const [pid, paths] of pathsOfPid) {
      if (living.has(pid)) continue
      // A reader of the capture forgets them with the pid.
      for (const path of paths) {
        texts.delete(path)
        delete changed[path]
      }
      pathsOfPid.delete(pid)
    }
    return now
  }

  const link = (path: string): string | undefined => {
    const target = host.link(path)
    if (target !== links.get(path)) {
      changedLinks[path] = target ?? null
      report()
    }
    if (target === undefined) links.delete(path)
    else links.set(path, target)
    return target
  }

  const take = (): Omit<CaptureFiles, 'at'> | undefined => {
    const hasFiles = Object.keys(changed).length > 0
    const hasLinks = Object.keys(changedLinks).length > 0
    if (!hasFiles && !hasLinks && !changedPids) return undefined
    const line = {
      ...(changedPids && { pids: changedPids }),
      files: changed,
      ...(hasLinks && { links: changedLinks }),
    }
    changed = {}
    changedLinks = {}
    changedPids = undefined
    isReported = false
    return line
  }

  const files: HostFiles = {
    read: path => seenOrFailed(path, host.read(path)),
    reread: path => seenOrFailed(path, host.reread(path)),
    failure: () => host.failure?.(),
    list,
    pids: listPids,
    link,
    forget: host.forget,
    close: host.close,
  }
  return { files, take }
}

/** `/proc/123/stat` → 123. */
function pidOf(path: string): number | undefined {
  const match = /^\/proc\/(\d+)\//.exec(path)
  return match ? Number(match[1]) : undefined
}
