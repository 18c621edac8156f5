import { parseCgroupPath } from './cgroup-path.ts'

/**
 * Picks from /proc/PID/cgroup the path that shows best where a process belongs; undefined where there is none.
 *
 *     4:memory:/docker/5f0c…          v1
 *     1:name=systemd:/docker/5f0c…    v1, systemd's own hierarchy
 *     0::/system.slice/sshd.service   v2
 *
 * The memory cgroup leads. It gives way to the others where they go on from it: a service without memory accounting
 * reads `memory:/` or `memory:/system.slice`, and so does a zombie on v1, whose v2 line keeps the real path.
 */
export function parseCgroupLines(text: string, isZombie = false): string | undefined {
  let memory: string | undefined
  let unified: string | undefined
  let systemd: string | undefined
  for (const line of text.split('\n', 32)) {
    // Only the first two colons part: a path may hold colons of its own.
    const first = line.indexOf(':')
    const second = line.indexOf(':', first + 1)
    if (first < 0 || second < 0) continue
    const controllers = line.slice(first + 1, second)
    const path = withoutDeleted(line.slice(second + 1))
    if (controllers === '') unified = path
    else if (controllers === 'name=systemd') systemd = path
    else if (controllers === 'memory' || controllers.split(',').includes('memory')) memory = path
  }
  if (memory === undefined) return unified ?? systemd
  const further = [unified, systemd].filter(path => path !== undefined && goesOnFrom(memory, path))
  // On a hybrid host the v2 line of a container may be that of its runtime's service.
  const container = further.find(path => parseCgroupPath(path!).containerId !== null)
  if (!isZombie || memory !== '/') return container ?? further[0] ?? memory
  return container
}

function withoutDeleted(path: string): string {
  return path.endsWith(' (deleted)') ? path.slice(0, -' (deleted)'.length) : path
}

function goesOnFrom(memory: string, other: string): boolean {
  if (other === '/' || other === memory) return false
  return memory === '/' || other.startsWith(`${memory}/`)
}
