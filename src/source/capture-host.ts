import { parseMeminfo } from '../parse/meminfo.ts'
import type { CaptureHeader } from '../record/formats.ts'
import type { HostFacts, HostFiles } from '../types.ts'
import { version } from '../version.ts'

/** What a capture tells of its host. */
export function captureHostFacts(files: HostFiles, header: CaptureHeader): HostFacts {
  const text = (path: string): string | undefined => files.read(path)?.trim() || undefined
  const meminfo = parseMeminfo(files.read('/proc/meminfo') ?? '')
  return {
    name: text('/etc/hostname') ?? header.name ?? 'unknown',
    kernel: text('/proc/sys/kernel/osrelease') ?? 'unknown',
    os: /^PRETTY_NAME="?([^"\n]*)/m.exec(files.read('/etc/os-release') ?? '')?.[1] ?? 'unknown',
    memTotalKiB: meminfo.MemTotal ?? null,
    bootId: text('/proc/sys/kernel/random/boot_id') ?? null,
    bootedAt: header.bootedAt ?? null,
    agentVersion: version,
    sight: 'host',
  }
}
