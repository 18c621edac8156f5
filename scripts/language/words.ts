/** A word or phrase that oomloop does not use, and what it says instead. */
export interface AvoidedWord {
  readonly pattern: RegExp
  readonly use: string
}

/** The glossary's "instead of" column, and the dialect that grew around it. Matched in prose, not in code. */
export const avoidedWords: readonly AvoidedWord[] = [
  word('for want of|stalls? for want', 'stalled on memory; tasks are waiting for memory'),
  word('tell|tells|told|telling|retold|untold', 'report, notify, show, state'),
  word('spoke|spoken|speaks of|last words?|had its say', 'report; last heartbeat'),
  word('mend|mends|mended|mending', 'fix'),
  word('whoever|nobody|whosoever|somebody|anybody', 'name the actor: you, the reader, the process; "no one"'),
  word('gives? back|gave back|given back|giving back', 'free'),
  word('comes? back|came back|coming back', 'restart, be recreated, recover'),
  word('holders?|who (?:holds?|held|grew|gr[oe]ws?)|holds? most|held most|grew most', 'top memory consumers'),
  word('killed again and again|again and again', 'in an OOM-kill loop'),
  word('nothing is gained|next to nothing', 'almost nothing; frees nothing'),
  word('not in one piece|in one piece', 'fragmented'),
  word('habit|habits|habitual', 'baseline'),
  word('primed|primes', 'at risk of an OOM loop'),
  word('stands? by|stood by|standing by', 'is on standby'),
  word('stands? still|stood still|standing still', 'is stalled'),
  word('sighted|sees nothing|blind(?! spots?\\b)|blindness', 'source is down; blind spot'),
  word('withheld|withhold|withholds|withholding', 'suppressed'),
  word("unowned|nobody's", 'unaccounted'),
  word('voice|voices|witness|witnesses|witnessed', 'active agent; evidence'),
  word('rooms', 'modules'),
  word('grave|graver|gravest', 'severe, highest severity'),
  word('anew|aright|beforehand|henceforth|thereby|aloud|lest|hardly', 'again, correctly, in advance, …'),
  word('the first first|in the first place', 'most important first'),
  word('be let go|was let go|were let go|is let go|lets? it go', 'dropped'),
  word('has come round|went round|goes round|come round', 'recovered; looped'),
  word('foresee|foresees|foreseen', 'forecast, predict'),
  word('is made good|makes good|made good', 'repaired'),
  word('it dies|they die|die of|dies of|died of|its dead|the dead', 'is killed, exits'),
  word('how far to trust', 'coverage'),
  word('a look at the clock|looks at the clock', 'N apart'),
  word('does not get to run|gets to run', 'is starved of CPU'),
  word('runs into its own limit', 'reaches its own limit'),
  word('for those who|those who|him who|he who', 'for people who; name the actor'),
  word('be started again|is started again|are started again|was started again', 'restart, be recreated'),
  word('work waits|works? stands? still', 'stalled: tasks are waiting for memory'),
  word('its heirs?|an heir', 'replacement'),
  word('carriers?', 'log format'),
  word('holds? (?:up|nobody)|held up|holding up', 'block, delay'),
]

/** Words that are fine between maintainers, and not in a message: it names the noun and what happens. */
export const avoidedInMessages: readonly AvoidedWord[] = [
  word('says?|said|speaks?', 'report, notify, name'),
  word('what is left', 'headroom'),
  word('leaving|takes? leave', 'terminating'),
  word('ended it|it ended|was ended', 'stopped, exited, was evicted'),
  word('watches|watching over', 'monitors'),
  word('meanwhile|presumably', 'until then; probably'),
]

function word(phrases: string, use: string): AvoidedWord {
  return { pattern: new RegExp(`(?<![\\w-])(?:${phrases})(?![\\w-])`, 'gi'), use }
}

/** Chinese words that have one agreed translation, which these are not. */
export const avoidedChinese: readonly AvoidedWord[] = [
  { pattern: /守护代理|守护者|代理(?!服务器|页面)/g, use: 'agent' },
  { pattern: /余裕/g, use: '余量' },
  { pattern: /杀死|(?<!OOM )杀掉/g, use: 'OOM kill，终止' },
  { pattern: /无主内存/g, use: '未归属内存' },
  { pattern: /受害者/g, use: '被杀进程' },
  { pattern: /覆盖率/g, use: '覆盖情况' },
  { pattern: /捕获/g, use: '采集' },
  { pattern: /应答/g, use: '响应' },
  { pattern: /处置手册/g, use: '运维手册' },
  { pattern: /守护进程被杀|关键服务/g, use: '节点核心服务' },
  { pattern: /内核 OOM kill 了/g, use: 'X 被内核 OOM 杀掉' },
  { pattern: /气球/g, use: 'balloon' },
  { pattern: /持有/g, use: '占用' },
  { pattern: /[\u4e00-\u9fff][,;:!?]|[,;!?][\u4e00-\u9fff]/g, use: 'full-width punctuation' },
  { pattern: /[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9%][\u4e00-\u9fff]/g, use: 'a space between Chinese and Latin text' },
]

/** Parts of names in code that are metaphors or dialect. */
export const avoidedNameParts: ReadonlySet<string> = new Set(
  'scene scenes lane lanes voice witness mend mended told teller telling habit whoever nobody blind sighted createsay outlet recall impetus strain heir heirs relief rehearse chronicle lately gathered disarm engine carried carrier undress vouched forerunners bury buried risen ripe graver speaking chief somebodys coolest braced upkeep rooms urgency tell tells withheld culprit'.split(
    ' ',
  ),
)

/** Names that are part of a public format (alert, status, recording) or that the field uses. */
export const publicNames: ReadonlySet<string> = new Set([
  'habitRatio',
  'sighted', // states of a source in recordings and status
  'blind',
  'lane', // records of the outbox on disk
  'lanes',
  'oneVoice', // the former name of a setting
  'blind-spots',
  'blindSpot',
  'blindSpots',
  'BlindSpot',
  'blindSpotsOf',
])
