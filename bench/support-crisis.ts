import type { KernelRecord, Observation, ProcessSample, ProcessSamples } from '../src/types.ts'
import { createRandom } from '../test/chaos/random.ts'
import { defaultCaptures, loadCapture } from './leadtime/captures.ts'

/** A node that thrashed: its samples of memory and cgroups go round and round, one of each a second. */
const material = 'live-page-cache-thrash-300iops'
const comms = ['containerd-shim', 'java', 'node', 'pause', 'nginx', 'postgres', 'python3', 'kube-proxy', 'filebeat']

/**
 * An hour of crisis and more, second by second, without end: the samples of a real node that thrashed, 500 processes of which
 * three have grown enough to be news, and a kill with the kernel's full report, in whose table 40 in 100 processes have
 * other figures than a second ago.
 */
export function* crisis(processes = 500): Generator<readonly Observation[]> {
  const { observations } = loadCapture(defaultCaptures, material)
  const ofKind = (kind: Observation['kind']) => observations.filter(each => each.kind === kind && each.at !== null)
  const [memory, cgroups] = [ofKind('memory'), ofKind('cgroups')].map(all => all.filter((_, index) => index % 2 === 0))
  const from = memory![0]!.at!
  const node = createNode(processes)
  yield [node.everyone(from)]
  for (let second = 1; ; second++) {
    const at = from + second * 1000
    const samples = [memory!, cgroups!].map(all => ({ ...all[second % all.length]!, at }) as Observation)
    yield [...samples, { kind: 'tick', at }, ...node.kill(second, at + 999), node.changes(at + 999)]
  }
}

/** The processes of a node, as its kernel's reports and its samples show them. */
function createNode(count: number) {
  const random = createRandom(1)
  const tasks = Array.from({ length: count }, () => newTask(random))
  let seq = 1_000_000
  let gone: { pid: number; startTicks: number }[] = []
  let fresh: Task[] = []

  const kill = (second: number, at: number): readonly KernelRecord[] => {
    let stampUs = 90_000_000_000 + second * 1_000_000
    const record = (level: number, text: string): KernelRecord => {
      stampUs += random.integer(6, 60)
      return { kind: 'kernel', at, text, seq: seq++, level, stampUs }
    }
    for (const task of tasks) {
      if (random.chance(0.3)) task.file = Math.max(0, task.file + random.integer(-40, 40))
      if (random.chance(0.15)) task.anon = Math.max(10, task.anon + random.integer(-100, 100))
    }
    const victim = random.pick(tasks)
    const { pid, comm, adj, vm, anon, file, tables } = victim
    const lines = [
      record(
        4,
        `${comm} invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=${adj}`,
      ),
      record(4, `CPU: ${random.integer(0, 7)} PID: ${pid} Comm: ${comm} Not tainted 6.8.0-45-generic #45-Ubuntu`),
      ...stack.map(text => record(4, text)),
      ...registers.map(names => record(4, names.map(name => `${name}: ${hex(random)}`).join(' '))),
      ...memoryLines(random).map(text => record(4, text)),
      record(6, 'Tasks state (memory values in pages):'),
      record(
        6,
        '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
      ),
      ...tasks.map(task => record(6, rowOf(task))),
      record(
        6,
        `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${cgroupOf(victim)},task=${comm},pid=${pid},uid=0`,
      ),
      record(
        3,
        `Out of memory: Killed process ${pid} (${comm}) total-vm:${vm * 4}kB, anon-rss:${anon * 4}kB, file-rss:${file * 4}kB, shmem-rss:0kB, UID:0 pgtables:${tables / 1024}kB oom_score_adj:${adj}`,
      ),
    ]
    gone = [{ pid, startTicks: pid }]
    Object.assign(victim, newTask(random))
    fresh = [victim, random.pick(tasks), random.pick(tasks), random.pick(tasks)]
    return lines
  }

  return {
    kill,
    everyone: (at: number): ProcessSamples => ({ kind: 'processes', at, seen: tasks.map(sampleOf), gone: [] }),
    changes: (at: number): ProcessSamples => ({ kind: 'processes', at, seen: fresh.map(sampleOf), gone }),
  }
}

type Task = ReturnType<typeof newTask>
type Random = ReturnType<typeof createRandom>

function newTask(random: Random) {
  return {
    pid: random.integer(1000, 400_000),
    vm: random.integer(5000, 2_000_000),
    anon: random.integer(100, 50_000),
    file: random.integer(0, 5000),
    tables: random.integer(20, 300) * 4096,
    adj: random.pick([0, 0, -998, -999, 1000, 985]),
    comm: random.pick(comms),
  }
}

/** mm/oom_kill.c, dump_task, Linux 6.8. */
function rowOf({ pid, vm, anon, file, tables, adj, comm }: Task): string {
  const columns: readonly (readonly [number, number])[] = [
    [0, 5],
    [pid, 5],
    [vm, 8],
    [anon + file, 8],
    [anon, 8],
    [file, 8],
    [0, 9],
    [tables, 8],
    [0, 8],
    [adj, 14],
  ]
  return `[${String(pid).padStart(7)}] ${columns.map(([value, width]) => String(value).padStart(width)).join(' ')} ${comm}`
}

function sampleOf(task: Task): ProcessSample {
  const { pid, comm, anon, file, adj } = task
  return {
    pid,
    startTicks: pid,
    ppid: 1,
    comm,
    state: 'S',
    threads: 8,
    majorFaults: 0,
    rssKiB: (anon + file) * 4,
    oomScore: 666 + Math.round((anon / 4_000_000) * 1000),
    oomScoreAdj: adj,
    cgroup: cgroupOf(task),
  }
}

function cgroupOf({ pid }: Task): string {
  const id = `${pid}`.padStart(8, '0').repeat(8)
  return `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${id.slice(0, 32)}.slice/cri-containerd-${id}.scope`
}

const stack = [
  'Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-debian-1.16.2-1 04/01/2014',
  'Call Trace:',
  ' <TASK>',
  ...['dump_stack_lvl+0x48', 'dump_header+0x46', 'oom_kill_process+0x118', 'out_of_memory+0x101'].map(
    at => ` ${at}/0x230`,
  ),
  ...['__alloc_pages_slowpath.constprop.0+0xc97', '__alloc_pages+0x31e', 'alloc_pages_mpol+0x91'].map(
    at => ` ${at}/0xd70`,
  ),
  ...['filemap_alloc_folio+0x5d', '__filemap_get_folio+0x1a4', 'filemap_fault+0x5c2', '__do_fault+0x3a'].map(
    at => ` ${at}/0x4a0`,
  ),
  ...['do_read_fault+0x133', 'do_fault+0x1f2', '__handle_mm_fault+0x833', 'exc_page_fault+0x83'].map(
    at => ` ${at}/0x2f0`,
  ),
  ' asm_exc_page_fault+0x27/0x30',
]

const registers = [
  ['RSP', 'EFLAGS'],
  ['RAX', 'RBX', 'RCX'],
  ['RDX', 'RSI', 'RDI'],
  ['RBP', 'R08', 'R09'],
  ['R10', 'R11', 'R12'],
]

function hex(random: Random): string {
  return (0x7f00_0000_0000 + random.integer(0, 2 ** 31) * 8).toString(16).padStart(16, '0')
}

/** mm/show_mem.c, Linux 6.8, of a node without swap: what moves in a crisis moves here. */
function memoryLines(random: Random): readonly string[] {
  const about = (pages: number): number => Math.round(pages * (0.97 + random.integer(0, 60) / 1000))
  const few = (): number => random.integer(0, 900)
  const zone = (name: string, free: number, anon: number): string =>
    `Node 0 ${name} free:${about(free)}kB boost:0kB min:45056kB low:56320kB high:67584kB reserved_highatomic:0KB active_anon:${about(900)}kB inactive_anon:${about(anon)}kB active_file:${few()}kB inactive_file:${few()}kB unevictable:0kB writepending:0kB present:3129332kB managed:3063796kB mlocked:0kB bounce:0kB free_pcp:${few()}kB local_pcp:${few()}kB free_cma:0kB`
  const sizes = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
  const buddies = (name: string): string =>
    `Node 0 ${name}: ${sizes.map((size, order) => `${random.integer(0, 400 >> order)}*${size}kB (UME)`).join(' ')} = ${about(21_000)}kB`
  return [
    'Mem-Info:',
    `active_anon:${about(1934)} inactive_anon:${about(897_433)} isolated_anon:0`,
    ` active_file:${few()} inactive_file:${few()} isolated_file:${few()}`,
    ' unevictable:6863 dirty:0 writeback:0',
    ` slab_reclaimable:${about(11_270)} slab_unreclaimable:${about(22_512)}`,
    ` mapped:${about(1801)} shmem:${about(2205)} pagetables:${about(6224)}`,
    ' sec_pagetables:0 bounce:0',
    ' kernel_misc_reclaimable:0',
    ` free:${about(21_458)} free_pcp:${few()} free_cma:0`,
    zone('DMA', 15_360, 0),
    'lowmem_reserve[]: 0 1925 3840 3840 3840',
    zone('DMA32', 44_000, 1_800_000),
    'lowmem_reserve[]: 0 0 1914 1914 1914',
    zone('Normal', 43_000, 1_790_000),
    'lowmem_reserve[]: 0 0 0 0 0',
    ...['DMA', 'DMA32', 'Normal'].map(buddies),
    'Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=1048576kB',
    'Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB',
    `${about(3654)} total pagecache pages`,
    '0 pages in swap cache',
    'Free swap  = 0kB',
    'Total swap = 0kB',
    '1048446 pages RAM',
    '0 pages HighMem/MovableOnly',
    '59126 pages reserved',
    '0 pages hwpoisoned',
  ]
}
