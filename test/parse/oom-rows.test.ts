import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createLineParser } from '../../src/parse/log-line/format.ts'

/** Every way in which a kernel has written a line of an OOM report, 2.6.32 to 6.18, stands in some fixture with its truth. */
const rows: readonly (readonly [kernel: string, line: RegExp])[] = [
  // the victim, and the choice before it
  ['2.6.32 chooses', /^Out of memory: kill process \d+ \(.*\) score \d+ or a child/],
  ['2.6.32 chooses for a mempolicy', /^No available memory \(MPOL_BIND\): kill process/],
  ['2.6.32 kills', /^Killed process \d+ \([^)]*\)$/],
  ['RHEL 6 chooses', /^Memory cgroup out of memory: Kill process \d+ \(.*\) score \d+ or sacrifice child/],
  ['RHEL 6 kills', /^Killed process \d+, UID \d+, \(.*\) total-vm:\d+kB, anon-rss:\d+kB, file-rss:\d+kB$/],
  ['3.10 and 4.4 kill', /^Killed process \d+ \(.*\) total-vm:\d+kB, anon-rss:\d+kB, file-rss:\d+kB$/],
  ['3.10 kills who shares the memory', /^Kill process \d+ \(.*\) sharing same memory/],
  ['RHEL 7 kills', /^Killed process \d+ \(.*\), UID \d+, total-vm:.*, shmem-rss:\d+kB$/],
  ['4.9 to 5.0 kill', /^Killed process \d+ \([^)]*\) total-vm:.*, shmem-rss:\d+kB$/],
  ['RHEL 8, 5.2, 5.3 kill', /^Memory cgroup out of memory: Killed process \d+ \(.*\) total-vm:.*, shmem-rss:\d+kB$/],
  [
    '5.4 to 6.18 kill',
    /^Out of memory: Killed process .* shmem-rss:\d+kB, UID:\d+ pgtables:\d+kB oom_score_adj:-?\d+$/,
  ],
  ['5.4 to 6.18 kill in a cgroup', /^Memory cgroup out of memory: Killed process .* oom_score_adj:-?\d+$/],
  ['the allocating task is killed', /^Out of memory \(oom_kill_allocating_task\): Killed? process/],
  ['nobody can be killed', /^Out of memory and no killable processes\.\.\.$/],
  [
    'panic_on_oom',
    /^(?:Kernel panic - not syncing: )?Out of memory: (?:system-wide|compulsory) panic_on_oom is enabled/,
  ],
  ['a group dies', /^Tasks in \/.* are going to be killed due to memory\.oom\.group set$/],
  ['a victim is already exiting', /: OOM victim \d+ \(.*\) is already exiting\. Skip killing the task$/],
  // who asked for the memory
  ['2.6.32 header', / invoked oom-killer: gfp_mask=0x[0-9a-f]+, order=\d+, oom_adj=-?\d+$/],
  ['RHEL 6 header', / invoked oom-killer: gfp_mask=0x[0-9a-f]+, order=\d+, oom_adj=-?\d+, oom_score_adj=-?\d+$/],
  ['3.10, RHEL 7, 4.4 header', / invoked oom-killer: gfp_mask=0x[0-9a-f]+, order=\d+, oom_score_adj=-?\d+$/],
  ['4.9, 4.19, RHEL 8 header', /gfp_mask=0x[0-9a-f]+\([A-Z_|]+\), nodemask=.*, order=\d+, oom_score_adj=-?\d+$/],
  ['4.14 header, with two blanks', /gfp_mask=0x[0-9a-f]+\([A-Z_|]+\), nodemask=.*, {2}order=\d+, oom_score_adj=-?\d+$/],
  ['5.0 and later header', /gfp_mask=0x[0-9a-f]+\([A-Z_|]+\), order=\d+, oom_score_adj=-?\d+$/],
  ['sysrq', / invoked oom-killer: gfp_mask=.* order=-1,/],
  ['the cpuset of who asked', /^\S+ cpuset=\S+ mems_allowed=/],
  ['headers were suppressed', /^oom_kill_process: \d+ callbacks suppressed$/],
  // which cgroup
  ['up to 4.20', /^Task in \/.* killed as a result of limit of \//],
  ['4.4 without a task', /^Memory limit reached of cgroup \//],
  [
    '5.0 and later',
    /^oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=.*,oom_memcg=\/.*,task_memcg=\/.*,task=.*,pid=\d+,uid=\d+$/,
  ],
  ['5.0 and later, the node', /^oom-kill:constraint=CONSTRAINT_NONE,.*,global_oom,task_memcg=\/.*,pid=\d+,uid=\d+$/],
  ['a cpuset', /^oom-kill:constraint=CONSTRAINT_CPUSET,/],
  ['a mempolicy', /^oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,/],
  ['split in two', /^oom-kill:.*,task_memcg=$/],
  // the table of tasks
  ['2.6.32 table', /^\[ pid \]\s+uid\s+tgid total_vm\s+rss cpu oom_adj name$/],
  ['RHEL 6 table', /^\[ pid \]\s+uid\s+tgid total_vm\s+rss cpu oom_adj oom_score_adj name$/],
  ['3.10, RHEL 7 table', /^\[ pid \]\s+uid\s+tgid total_vm\s+rss nr_ptes swapents oom_score_adj name$/],
  ['4.4 to 4.14 table', /^\[ pid \]\s+uid\s+tgid total_vm\s+rss nr_ptes nr_pmds swapents oom_score_adj name$/],
  ['RHEL 8 table', /^\[ pid \]\s+uid\s+tgid total_vm\s+rss pgtables_bytes swapents oom_score_adj name$/],
  ['4.19 to 6.6 table', /^\[ {2}pid {2}\]\s+uid\s+tgid total_vm\s+rss pgtables_bytes swapents oom_score_adj name$/],
  [
    '6.8 to 6.18 table',
    /^\[ {2}pid {2}\]\s+uid .* rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name$/,
  ],
]

const texts = fixtureTexts()

it.each(rows)('a fixture has: %s', (_, line) => {
  expect(texts.some(text => line.test(text.trimEnd()))).toBe(true)
})

function fixtureTexts(): readonly string[] {
  const dir = join(import.meta.dirname, '../../fixtures/logs')
  const lines = createLineParser({ year: 2026, timeZone: 'UTC' })
  return readdirSync(dir)
    .filter(file => file.endsWith('.log'))
    .flatMap(file => readFileSync(join(dir, file), 'utf8').split('\n'))
    .flatMap(line => {
      const record = lines.parse(line)
      return record?.kind === 'kernel' ? [record.text] : []
    })
}
