import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A host as fixtures/hosts/NAME/host.json has it: its processes in short, any other file by its path. */
export interface HostTree {
  readonly from: string
  readonly node: string
  readonly processes: readonly TreeProcess[]
  readonly files: Readonly<Record<string, string | { readonly link: string }>>
}

export interface TreeProcess {
  readonly pid: number
  readonly ppid: number
  readonly comm: string
  readonly startTicks: number
  readonly rssPages: number
  readonly oomScore: number
  readonly oomScoreAdj: number
  readonly state?: string
  readonly cgroup: readonly string[]
}

const hosts = join(import.meta.dirname, '../../fixtures/hosts')

export function hostNames(): readonly string[] {
  return readdirSync(hosts, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name)
}

export function readHost<T>(name: string, file: 'host' | 'identity'): T {
  return JSON.parse(readFileSync(join(hosts, name, `${file}.json`), 'utf8')) as T
}

/** Writes the tree below a new temporary folder, for `--root`; returns the folder. */
export function writeHostTree({ processes, files }: Pick<HostTree, 'processes' | 'files'>): string {
  const root = mkdtempSync(join(tmpdir(), 'oomloop-host-'))
  for (const process of processes) for (const [path, text] of Object.entries(filesOf(process))) put(root, path, text)
  for (const [path, content] of Object.entries(files)) put(root, path, content)
  return root
}

export function filesOf(process: TreeProcess): Record<string, string> {
  const { pid, comm, ppid, startTicks, rssPages, state = 'S' } = process
  const of = `/proc/${pid}`
  return {
    [`${of}/stat`]: `${pid} (${comm}) ${state} ${ppid} ${pid} ${pid} 0 -1 4194304 10 0 3 0 1 1 0 0 20 0 1 0 ${startTicks} 1000 ${rssPages} ${'0 '.repeat(27)}0\n`,
    [`${of}/oom_score`]: `${process.oomScore}\n`,
    [`${of}/oom_score_adj`]: `${process.oomScoreAdj}\n`,
    [`${of}/cgroup`]: `${process.cgroup.join('\n')}\n`,
  }
}

function put(root: string, path: string, content: string | { readonly link: string }): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  if (typeof content === 'string') writeFileSync(join(root, path), content)
  else symlinkSync(content.link, join(root, path))
}
