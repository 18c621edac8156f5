import type { HostFiles, MachineFacts } from '../types.ts'
import { loadSystemInformation, type SystemInformation } from './system-information.ts'

/** A program that hangs on a broken node must not block doctor. */
const deadlineMs = 4000

/**
 * What the machine is: for bug reports and reports, never for the resident agent. Hardware comes from
 * `systeminformation`, which may start programs like lscpu; files come from the host's root. In a container
 * (`root` is not `/`) what those programs would say is the container's: only what the kernel itself shows is kept.
 */
export async function readMachine(files: HostFiles, root: string): Promise<MachineFacts> {
  const isContainer =
    root !== '/' ||
    ['/.dockerenv', '/run/.containerenv'].some(mark => files.read(mark) !== undefined) ||
    /\b(docker|containerd|kubepods|libpod)\b/.test(files.read('/proc/self/cgroup') ?? '')
  const asked = await askOrNothing()
  return {
    ...(isContainer && { askedFrom: 'container' as const }),
    ...(asked && hardwareOf(asked, files)),
    ...(!isContainer && asked?.layout.length ? { memoryModules: asked.layout.map(moduleText) } : {}),
    distribution: distributionIn(files.read('/etc/os-release') ?? files.read('/usr/lib/os-release') ?? '') ?? null,
    swapDevices: swapDevicesIn(files.read('/proc/swaps') ?? ''),
    runtimes: sockets.filter(([folder, socket]) => files.list(folder)?.includes(socket)).map(([, , name]) => name),
  }
}

interface Asked {
  readonly system: Awaited<ReturnType<SystemInformation['system']>>
  readonly cpu: Awaited<ReturnType<SystemInformation['cpu']>>
  readonly layout: Awaited<ReturnType<SystemInformation['memLayout']>>
}

async function askOrNothing(): Promise<Asked | undefined> {
  try {
    const { system, cpu, memLayout } = await loadSystemInformation()
    const all = Promise.all([system(), cpu(), memLayout()]).then(([one, two, three]) => ({
      system: one,
      cpu: two,
      layout: three,
    }))
    return await Promise.race([
      all,
      new Promise<undefined>(resolve => setTimeout(() => resolve(undefined), deadlineMs).unref()),
    ])
  } catch {
    return undefined // it could not be loaded, or a program failed; the other facts do not need it
  }
}

/** What `systeminformation` knows of the hardware, without what it takes for it. */
export function hardwareOf({ system, cpu }: Asked, files: HostFiles): Partial<MachineFacts> {
  // In a container the library calls the machine `Docker Container`: the firmware's names are the host's there too.
  const named =
    system.model === 'Docker Container'
      ? ['sys_vendor', 'product_name'].map(name => files.read(`/sys/class/dmi/id/${name}`)?.trim() ?? '')
      : [system.manufacturer, system.model]
  const model = named.filter(text => text && text !== '-').join(' ')
  return {
    ...(model && { model }),
    // It recognises a hypervisor by its name; the kernel shows that there is one (Firecracker has no name).
    virtual: system.virtual === true || /^flags\b.*\bhypervisor\b/m.test(files.read('/proc/cpuinfo') ?? ''),
    ...(system.virtualHost && { hypervisor: system.virtualHost }),
    ...(cpu.brand && { cpu: `${cpu.manufacturer} ${cpu.brand}`.trim() }),
    cores: cpu.cores,
    sockets: cpu.processors,
  }
}

function moduleText({ size, type, clockSpeed }: Asked['layout'][number]): string {
  return [`${Math.round(size / 1024 ** 3)} GiB`, type, clockSpeed ? `${clockSpeed} MHz` : ''].filter(Boolean).join(' ')
}

/** `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"` */
export function distributionIn(text: string): string | undefined {
  return /^PRETTY_NAME=["']?(.*?)["']?$/m.exec(text)?.[1]
}

/** `/dev/zram0 partition 1048572 0 100` */
export function swapDevicesIn(text: string): MachineFacts['swapDevices'] {
  return text
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(([name, , size]) => name && Number.isFinite(Number(size)))
    .slice(0, 20)
    .map(([name, type, size]) => ({ name: name!, type: type!, KiB: Number(size) }))
}

/** Where container runtimes listen. */
const sockets: readonly (readonly [folder: string, socket: string, name: string])[] = [
  ['/run/containerd', 'containerd.sock', 'containerd'],
  ['/run/crio', 'crio.sock', 'CRI-O'],
  ['/run', 'docker.sock', 'Docker'],
  ['/run/podman', 'podman.sock', 'Podman'],
]

/** The names of swap devices may contain the host's name: for a recording that is redacted. */
export function withoutNames({ swapDevices, ...machine }: MachineFacts): MachineFacts {
  return { ...machine, swapDevices: swapDevices.map((device, index) => ({ ...device, name: `swap-${index + 1}` })) }
}
