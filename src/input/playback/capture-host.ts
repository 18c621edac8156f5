import { readHostFacts } from '../../platform/facts.ts'
import type { CaptureHeader } from '../../recording/formats.ts'
import type { HostFacts, HostFiles } from '../../types.ts'
import { version } from '../../version.ts'

/** The host of a capture: what the live agent would have read in these files, and what its header adds. */
export function captureHostFacts(files: HostFiles, header: CaptureHeader): HostFacts {
  const name = [files.read('/proc/sys/kernel/hostname'), files.read('/etc/hostname'), header.name]
  // Not the hostname of the machine that replays it.
  const { hostname: _, ...facts } = readHostFacts(files, {
    nodeName: name.map(text => text?.trim()).find(text => text) ?? 'unknown',
    labels: {},
    agentVersion: version,
    at: header.at,
  })
  return { ...facts, bootedAt: header.bootedAt ?? facts.bootedAt, ...header.host }
}
