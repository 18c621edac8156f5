import { formatDuration, sizeText } from '../format.ts'

/** Numbers with their units, lists, and the words that every output shares. */
export const units = {
  /** 0.4 → `400ms`, 1.5 → `1.5s`, 43 → `43s`, 270 → `4m30s`, 2766 → `46m`, 86400 → `24h`. */
  duration: (seconds: number) =>
    formatDuration(seconds, {
      ms: count => `${count}ms`,
      s: count => `${count}s`,
      min: count => `${count}m`,
      h: count => `${count}h`,
      d: count => `${count}d`,
      separator: '',
    }),
  /** Between two sentences of a paragraph. */
  sentenceGap: ' ',
  semicolon: '; ',
  /** Why the system refused to open, read or write something. */
  systemErrors: {
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of the path is not a directory',
    ENXIO: 'there is no such device',
    ESPIPE: 'it is a pipe, not a file',
    ENOSPC: 'the disk is full',
    EROFS: 'the file system is read-only',
    EIO: 'the disk returned an error',
    EMFILE: 'too many files are open in this process',
    ENFILE: 'too many files are open on this host',
    EADDRINUSE: 'another process already listens there',
    EADDRNOTAVAIL: 'this host does not have that address',
  },
  /** How Intl writes dates. */
  dateLocale: 'en-GB',
  /** `a, b and c`; beyond `most` the number of the others. */
  list: (names: readonly string[], most = 3) => {
    const shown = names.slice(0, most)
    const more = names.length - shown.length
    if (more > 0) return `${shown.join(', ')} and ${more} more`
    return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
  },
}

export function sized(KiB: number | null): string {
  return KiB === null ? '' : ` (${sizeText(KiB)})`
}

export function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`
}

export function midNode(node: string | null): string {
  return node ?? 'this node'
}
