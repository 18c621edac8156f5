import type { CaptureFiles } from '../../recording/formats.ts'
import type { HostFiles } from '../../types.ts'

/** The files of a captured host as they stood at the moment that was applied last. */
interface FilesInMotion {
  readonly files: HostFiles
  readonly apply: (line: Pick<CaptureFiles, 'pids' | 'files' | 'links'>) => void
}

/** Holds a `--root` tree in memory and lets it move: a path that was never named does not exist. */
export function createFilesInMotion(): FilesInMotion {
  const texts = new Map<string, string>()
  const links = new Map<string, string>()
  /** Names by directory; a directory exists as long as something is in it. */
  const names = new Map<string, Set<string>>()
  const pathsOfPid = new Map<number, Set<string>>()
  let pids: readonly number[] | undefined

  const add = (path: string): void => {
    for (let slash = path.lastIndexOf('/'); slash >= 0; slash = path.lastIndexOf('/', slash - 1)) {
      const directory = slash === 0 ? '/' : path.slice(0, slash)
      const end = path.indexOf('/', slash + 1)
      const name = path.slice(slash + 1, end < 0 ? undefined : end)
      const known = names.get(directory)
      if (known?.has(name)) return
      if (known) known.add(name)
      else names.set(directory, new Set([name]))
      if (slash === 0) return
    }
  }

  const remove = (path: string): void => {
    let gone = path
    while (gone !== '/') {
      const slash = gone.lastIndexOf('/')
      const directory = slash <= 0 ? '/' : gone.slice(0, slash)
      // A name that was listed and has files below it is there as long as they are.
      if (names.has(gone) || texts.has(gone)) return
      const known = names.get(directory)
      known?.delete(gone.slice(slash + 1))
      if (known && known.size > 0) return
      names.delete(directory)
      gone = directory
    }
  }

  const put = <T>(map: Map<string, T>, path: string, value: T | null): void => {
    if (value === null) {
      if (map.delete(path)) remove(path)
      return
    }
    if (!map.has(path)) add(path)
    map.set(path, value)
  }

  const list = (current: readonly number[]): void => {
    pids = current
    const living = new Set(current)
    for (const [pid, paths] of pathsOfPid) {
      if (living.has(pid)) continue
      for (const path of paths) put(texts, path, null)
      pathsOfPid.delete(pid)
    }
  }

  const read = (path: string): string | undefined => texts.get(path)

  return {
    apply: ({ pids: current, files, links: targets }) => {
      if (current) list(current)
      for (const path in files) {
        const text = files[path]!
        const pid = pidOf(path)
        if (pid !== undefined && text !== null) {
          const known = pathsOfPid.get(pid)
          if (known) known.add(path)
          else pathsOfPid.set(pid, new Set([path]))
        }
        put(texts, path, text)
      }
      for (const path in targets) put(links, path, targets[path]!)
    },
    files: {
      read,
      reread: read,
      list: path => {
        const known = names.get(path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)
        return known && [...known]
      },
      pids: () => pids ?? [...pathsOfPid.keys()],
      link: path => links.get(path),
      forget: () => {},
      close: () => {},
    },
  }
}

/** `/proc/123/stat` → 123. */
function pidOf(path: string): number | undefined {
  if (!path.startsWith('/proc/')) return undefined
  const first = path.charCodeAt(6)
  if (first < 49 || first > 57) return undefined
  const pid = Number.parseInt(path.slice(6), 10)
  return Number.isNaN(pid) ? undefined : pid
}
