import type { Locale } from '../types.ts'

/** The fixed words of a story in the terminal. */
export interface StoryWords {
  readonly killed: (name: string, facts: string) => string
  readonly nameOnly: string
  readonly pid: (pid: number) => string
  readonly held: (size: string) => string
  readonly atLimit: (path: string) => string
  readonly more: (count: number, until: string) => string
  readonly quiet: (time: string) => string
  readonly what: string
  readonly why: string
  readonly remedy: string
  readonly toDo: string
  readonly wasToDo: string
  readonly expect: (size: string) => string
  readonly coverage: string
  readonly counted: (counted: number) => string
  readonly noCounter: string
  readonly seen: (seen: number, attributed: number, lost: number) => string
  readonly earlier: (kills: number) => string
  readonly moreCauses: (count: number) => string
  readonly page: string
}

export function storyWords(locale: Locale): StoryWords {
  return locale === 'zh-CN' ? chinese : english
}

const english: StoryWords = {
  killed: (name, facts) => `killed ${name} (${facts})`,
  nameOnly: 'by name only',
  pid: pid => `pid ${pid}`,
  held: size => `held ${size}`,
  atLimit: path => `at the limit of ${path}`,
  more: (count, until) => `… and ${count} more of it until ${until}`,
  quiet: time => `… ${time} later …`,
  what: 'What happened',
  why: 'Why',
  remedy: 'Remedy: ',
  toDo: 'What to do, in this order',
  wasToDo: 'What there was to do while it went on',
  expect: size => `expect ${size}`,
  coverage: 'How far to trust this',
  counted: counted => `The kernel counted ${counted} kill${counted === 1 ? '' : 's'}.`,
  noCounter: "There is no count of the kernel's to check against.",
  seen: (seen, attributed, lost) =>
    `${seen} ${seen === 1 ? 'was' : 'were'} seen, ${attributed} of them known by their cgroup; ${lost} record${lost === 1 ? ' was' : 's were'} lost.`,
  earlier: kills => `${kills} more ${kills === 1 ? 'is' : 'are'} older than the watch, and in neither figure.`,
  moreCauses: count => `and ${count} more, which the page shows`,
  page: 'To look at it: oomloop report FILE… -o incident.html',
}

const chinese: StoryWords = {
  killed: (name, facts) => `杀死 ${name}（${facts}）`,
  nameOnly: '仅凭名字',
  pid: pid => `pid ${pid}`,
  held: size => `占用 ${size}`,
  atLimit: path => `在 ${path} 的上限`,
  more: (count, until) => `… 至 ${until} 还有 ${count} 次`,
  quiet: time => `… ${time}之后 …`,
  what: '事件经过',
  why: '原因',
  remedy: '根治：',
  toDo: '按此顺序处置',
  wasToDo: '事件期间应做的处置',
  expect: size => `预计 ${size}`,
  coverage: '可信程度',
  counted: counted => `内核计数 ${counted} 次。`,
  noCounter: '没有内核计数可供核对。',
  seen: (seen, attributed, lost) => `看到 ${seen} 次，其中 ${attributed} 次由 cgroup 确认；丢失记录 ${lost} 条。`,
  earlier: kills => `另有 ${kills} 次早于开始观察，不计入以上两个数字。`,
  moreCauses: count => `另有 ${count} 条，见网页`,
  page: '以网页查看：oomloop report FILE… -o incident.html',
}
