import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The cgroup of a container, as containerd and systemd name it. */
export function containerPath(number: number): string {
  const pod = `00000000_0000_4000_8000_${String(number).padStart(12, '0')}`
  return `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${pod}.slice/cri-containerd-${number.toString(16).padStart(64, '0')}.scope`
}

/** A folder that imitates a host with cgroup v2: files that can be read and written, without a kernel behind them. */
export interface ImitatedHost {
  readonly root: string
  readonly stateDir: string
  readonly add: (cgroup: string, files?: Readonly<Record<string, string>>) => void
  readonly read: (cgroup: string, file?: string) => string
  readonly write: (cgroup: string, file: string, text: string) => void
  readonly process: (pid: number, files: Readonly<Record<string, string>>) => void
  /** As after a reboot: another boot id. */
  readonly reboot: (bootId: string) => void
  readonly remove: () => void
}

export function imitateHost(): ImitatedHost {
  const root = mkdtempSync(join(tmpdir(), 'oomloop-hold-'))
  const at = (cgroup: string, file: string) => join(root, 'sys/fs/cgroup', cgroup, file)
  const put = (path: string, text: string): void => {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text)
  }
  put(join(root, 'proc/sys/kernel/random/boot_id'), 'first-boot\n')
  const write = (cgroup: string, file: string, text: string) => put(at(cgroup, file), text)
  return {
    root,
    stateDir: join(root, 'state'),
    add: (cgroup, files = {}) => {
      const all = { 'memory.high': 'max\n', 'memory.max': 'max\n', 'memory.current': '104857600\n', 'cgroup.procs': '' }
      for (const [file, text] of Object.entries({ ...all, ...files })) write(cgroup, file, text)
    },
    read: (cgroup, file = 'memory.high') => readFileSync(at(cgroup, file), 'utf8').split('\n')[0]!,
    write,
    process: (pid, files) => {
      for (const [file, text] of Object.entries(files)) put(join(root, 'proc', String(pid), file), text)
    },
    reboot: bootId => put(join(root, 'proc/sys/kernel/random/boot_id'), `${bootId}\n`),
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
