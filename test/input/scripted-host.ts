import type { HostFiles } from '../../src/types.ts'
import { filesOf, type TreeProcess } from '../support/host-tree.ts'

/** A host whose files a test changes between readings, and that counts what was asked of it. */
export interface ScriptedHost {
  readonly files: HostFiles
  readonly set: (path: string, text: string) => void
  readonly born: (process: Partial<TreeProcess> & Pick<TreeProcess, 'pid'>) => void
  readonly died: (pid: number) => void
  /** Called before each read; may change the host under the reader's hands. */
  onRead: (path: string) => void
  readonly reads: () => number
  readonly asked: Set<string>
}

export function createScriptedHost(): ScriptedHost {
  const texts = new Map<string, string>()
  const pids = new Set<number>()
  const asked = new Set<string>()
  let reads = 0
  let lastPid = 1

  const set = (path: string, text: string): void => void texts.set(path, text)
  const read = (path: string): string | undefined => {
    reads++
    asked.add(path)
    host.onRead(path)
    return texts.get(path)
  }
  const files: HostFiles = {
    read,
    reread: read,
    forget: () => {},
    close: () => {},
    link: () => undefined,
    pids: () => [...pids],
    list: path => {
      const names = new Set<string>()
      for (const known of texts.keys())
        if (known.startsWith(`${path}/`)) names.add(known.slice(path.length + 1).split('/')[0]!)
      return names.size > 0 ? [...names] : undefined
    },
  }
  const host: ScriptedHost = {
    files,
    set,
    born: fields => {
      const process: TreeProcess = {
        ppid: 1,
        comm: 'java',
        startTicks: fields.pid * 10,
        rssPages: 2500,
        oomScore: 670,
        oomScoreAdj: 0,
        cgroup: ['0::/system.slice/app.service'],
        ...fields,
      }
      for (const [path, text] of Object.entries(filesOf(process))) set(path, text)
      pids.add(process.pid)
      lastPid = process.pid
      set('/proc/loadavg', `0.1 0.1 0.1 1/100 ${lastPid}\n`)
    },
    died: pid => {
      pids.delete(pid)
      for (const path of [...texts.keys()]) if (path.startsWith(`/proc/${pid}/`)) texts.delete(path)
    },
    onRead: () => {},
    reads: () => reads,
    asked,
  }
  set('/proc/meminfo', meminfo(12_000_000))
  set('/proc/vmstat', 'oom_kill 0\n')
  set('/proc/loadavg', '0.1 0.1 0.1 1/100 1\n')
  set('/sys/fs/cgroup/cgroup.controllers', 'memory\n')
  return host
}

export function meminfo(availableKiB: number): string {
  return `MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:   ${availableKiB} kB\n`
}
