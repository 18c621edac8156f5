/** One line of the kernel's OOM report, by its first words. All patterns are sources of regular expressions. */
interface KernelPhrase {
  /** Bytes that a whole file is searched for: at most eight, the first one rare in logs. Absent: those of another row find it. */
  readonly search?: string
  /** How it begins. A line without any prefix counts as the kernel's only where it begins so. */
  readonly begins?: string
  /** How it begins behind other text of a pasted line: with as much of it as proves that it is no sentence of a person. */
  readonly within?: string
  /** Its words in a string of a JSON log. */
  readonly words?: string
  /** Of a line that proves a kill: the words right before the victim's pid. */
  readonly killed?: string
  /** It matters only below the header of a report: every stack trace has such a line. */
  readonly isContext?: true
}

/**
 * Every line of a report that is looked for, Linux 2.4 to 6.18. The live reader, the search through files, the readers of
 * pasted and of JSON logs and the look at a victim's process follow from this table; what a line says is read in
 * `src/parse/oom`.
 */
const phrases: readonly KernelPhrase[] = [
  {
    search: 'Kill', // Killed process, Kill process
    begins: 'Killed process \\d',
    within: 'Killed process \\d+(?:,| \\()',
    words: 'Killed? process',
    killed: 'Killed process ',
  },
  { search: '-kill', begins: 'oom-kill:constraint=', within: 'oom-kill:\\s?constraint=CONSTRAINT_', words: 'oom-kill' },
  { search: 'OOM', words: 'OOM' }, // sysrq: Manual OOM execution; OOM victim … is already exiting
  {
    search: 'Task',
    begins: 'Tasks? in \\/',
    within: 'Tasks? in \\/\\S* (?:killed as|are going)',
    words: 'Tasks? in \\/',
  },
  { search: 'Memory ', within: 'Memory cgroup out of memory: ?[Kk]ill', words: 'Memory cgroup' },
  { begins: 'Memory cgroup out of memory: ', within: 'Memory cgroup out of memory \\(' },
  // 2.6.32 writes the choice in small letters, 2.4 `Memory` with a capital.
  {
    search: 'Out of ',
    begins: 'Out of [mM]emory[: ]',
    within: 'Out of [Mm]emory(?: \\(oom_kill_allocating_task\\))?: ?(?:[Kk]ill|OOM [Kk]ill)',
    words: 'Out of memory|out of memory',
  },
  { within: 'Out of memory and no killable processes' },
  { within: 'Out of memory: (?:compulsory|system-wide) ' },
  // OpenVZ and Virtuozzo: a container's user beancounter.
  { begins: 'out of memory in (?:UB|CT) ', within: '[Oo]ut of memory in (?:UB|CT) \\d' },
  { within: 'OOM killed process \\S', killed: 'OOM killed process ' },
  {
    search: 'MPOL_',
    begins: 'No available memory \\(',
    within: 'No available memory \\(MPOL_BIND\\): [Kk]ill',
    words: 'MPOL_BIND',
  },
  { search: '_reaper', within: 'oom_reaper: (?:reaped|unable)' },
  // Where no header stands above it.
  { search: 'B, limi', begins: 'memory: usage \\d', within: 'memory: usage \\d+kB', words: 'memory: usage' },
  { begins: 'Memory cgroup stats for \\/', within: 'Memory cgroup stats for \\/' },
  {
    begins: 'Memory limit reached of cgroup \\/',
    within: 'Memory limit reached of cgroup \\/',
    words: 'Memory limit reached',
  },
  { within: 'Tasks state \\(memory values' },
  // The header of the table of tasks, and its rows, which hold no word at all.
  {
    search: '_adj',
    within: '\\[\\s*pid\\s*\\]\\s+uid\\s',
    words: '\\[ *pid *\\]',
  },
  { begins: '\\[\\s*(?:pid|\\d+)\\s*\\]\\s+(?:uid|\\d+)\\s', words: '\\[ *\\d{1,10}\\] +\\d+ +\\d+ +\\d' },
  { begins: 'CPU: \\d+ ', within: 'CPU: \\d+ (?:UID: \\d+ )?PID: \\d+ Comm: ', isContext: true },
  { begins: 'Pid: \\d+, ', within: 'Pid: \\d+, comm: ', isContext: true },
  { begins: 'sysrq: ', within: '(?:sysrq: )?(?:SysRq : )?Manual OOM execution' },
  { begins: 'SysRq : ' },
  { within: 'System is deadlocked on memory', words: 'deadlocked on' },
  { search: 'Kernel ', within: 'Kernel panic - not syncing: ?(?:Out of memory|System is deadlocked|out of memory)' },
  { search: 'Linux v', within: 'Linux version \\d', words: 'Linux version' }, // another boot
]

/** Between a name, which may be anything, and the allocation that failed: the header of a report. */
export const invoked = ' invoked oom-killer: '

/** A line that begins as one of the kernel's does. */
export const reportLine = new RegExp(`^(?:${sources('begins')})`)

/** The place in a line at which words of the kernel begin. */
export const phraseWithin = new RegExp(sources('within'))

/** Words of the kernel in a string of a JSON log, as the source of a pattern. */
export const wordsInJson: string = sources('words')

/** What a file is searched for, so that no other of its lines has to be read. */
export const searchWords: readonly string[] = phrases.flatMap(({ search = [] }) => search)

/** Words right before the pid of a victim. */
const killedWords: readonly string[] = phrases.flatMap(({ killed = [] }) => killed)

/** First letters of lines that matter without a header above them, as character codes. */
export const firstLetters: ReadonlySet<number> = new Set(
  phrases.flatMap(({ begins, isContext }) => (begins && !isContext ? begins.replace(/^\\/, '').charCodeAt(0) : [])),
)

/** Where in a text the pid of a victim stands; −1: it proves no kill. */
export function victimPidAt(text: string): number {
  for (const words of killedWords) {
    const at = text.indexOf(words)
    if (at >= 0) return at + words.length
  }
  return -1
}

function sources(column: 'begins' | 'within' | 'words'): string {
  return phrases.flatMap(phrase => phrase[column] ?? []).join('|')
}
