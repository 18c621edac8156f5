import type { Messages } from '../en.ts'
import { formatDuration, sizeText } from '../format.ts'

/** Numbers with their units, lists, and the words that every output shares. */
export const units = {
  /** Between two sentences. */
  duration: seconds =>
    formatDuration(seconds, {
      ms: count => `${count} 毫秒`,
      s: count => `${count} 秒`,
      min: count => `${count} 分钟`,
      h: count => `${count} 小时`,
      d: count => `${count} 天`,
      separator: ' ',
    }),
  sentenceGap: '',
  semicolon: '；',
  systemErrors: {
    ENOENT: '文件或目录不存在',
    EACCES: '没有权限',
    EPERM: '没有权限',
    EISDIR: '这是一个目录',
    ENOTDIR: '路径中有一部分不是目录',
    ENXIO: '设备不存在',
    ESPIPE: '这是管道，不是文件',
    ENOSPC: '磁盘已满',
    EROFS: '文件系统只读',
    EIO: '磁盘返回错误',
    EMFILE: '本进程打开的文件过多',
    ENFILE: '本机打开的文件过多',
    EADDRINUSE: '已有其他进程在监听该地址',
    EADDRNOTAVAIL: '本机没有该地址',
  },
  dateLocale: 'zh-CN',
  list: (names, most = 3) => {
    const shown = names.slice(0, most).join('、')
    return names.length > most ? `${shown} 等 ${names.length} 个` : shown
  },
} satisfies Messages['units']

export function sized(KiB: number | null): string {
  return KiB === null ? '' : `（${sizeText(KiB)}）`
}

/** A name, ready for the Chinese text behind it: Latin letters stand between blanks. */
export function spaced(name: string): string {
  return /[\u4e00-\u9fff）]$/.test(name) ? name : `${name} `
}

/** Ready for the Chinese text in front of it. */
export function behind(name: string): string {
  return /^[\u4e00-\u9fff（]/.test(name) ? name : ` ${name}`
}

/** A name in Latin letters stands between blanks; absent: left out. */
export function nodeText(node: string | null | undefined): string {
  return node ? `节点 ${node} ` : '本节点'
}
