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
