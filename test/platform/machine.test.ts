import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { distributionIn, hardwareOf, readMachine, swapDevicesIn, withoutNames } from '../../src/platform/machine.ts'
import { checkout } from '../support/oomloop.ts'

const files = (texts: Readonly<Record<string, string>>, lists: Readonly<Record<string, readonly string[]>> = {}) =>
  ({ read: (path: string) => texts[path], list: (path: string) => lists[path] }) as never

it('a machine is described by the files of the host, and marked where they are read inside a container', async () => {
  const machine = await readMachine(
    files(
      {
        '/etc/os-release': 'NAME="x"\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\n',
        '/proc/swaps': 'Filename\tType\tSize\tUsed\tPriority\n/dev/mapper/db--7-swap partition 1048572 0 -2\n',
      },
      { '/run/containerd': ['containerd.sock', 'io.containerd'], '/run': ['lock'] },
    ),
    '/host',
  )
  expect(machine).toMatchObject({
    askedFrom: 'container',
    distribution: 'Ubuntu 24.04.1 LTS',
    swapDevices: [{ name: '/dev/mapper/db--7-swap', type: 'partition', KiB: 1_048_572 }],
    runtimes: ['containerd'],
  })
  expect(machine).not.toHaveProperty('memoryModules')
  expect(JSON.stringify(withoutNames(machine))).not.toContain('db--7')
}, 20_000)

it('a container is not taken for the model of the machine', async () => {
  const texts = {
    '/.dockerenv': '',
    '/sys/class/dmi/id/sys_vendor': 'Amazon EC2\n',
    '/sys/class/dmi/id/product_name': 'm6i.large\n',
  }
  const asked = {
    system: { manufacturer: '', model: 'Docker Container', virtual: false },
    cpu: { manufacturer: '', brand: '', cores: 2, processors: 1 },
    layout: [],
  } as never
  expect(hardwareOf(asked, files(texts))).toMatchObject({ model: 'Amazon EC2 m6i.large', virtual: false })
  expect(hardwareOf(asked, files({}))).not.toHaveProperty('model')
  expect((await readMachine(files(texts), '/')).askedFrom).toBe('container')
}, 20_000)

it('a machine whose CPU has the flag of a hypervisor is virtual', () => {
  const asked = { system: { virtual: false }, cpu: {}, layout: [] } as never
  const cpuinfo = (flags: string) => files({ '/proc/cpuinfo': `processor\t: 0\nflags\t\t: fpu ${flags} lahf_lm\n` })
  expect(hardwareOf(asked, cpuinfo('hypervisor')).virtual).toBe(true)
  expect(hardwareOf(asked, cpuinfo('vmx')).virtual).toBe(false)
})

it('what cannot be read is left out', () => {
  expect([distributionIn(''), swapDevicesIn(''), swapDevicesIn('Filename Type Size\ngarbage\n')]).toEqual([
    undefined,
    [],
    [],
  ])
})

it('only doctor and record know systeminformation; the agent never loads it', () => {
  const users = (name: string) =>
    globSync('src/**/*.ts', { cwd: checkout }).filter(file => readFileSync(join(checkout, file), 'utf8').includes(name))
  expect(users("'systeminformation'")).toEqual(['src/platform/system-information.ts'])
  expect(users('system-information.ts')).toEqual(['src/platform/machine.ts'])
  expect(users('platform/machine.ts').toSorted()).toEqual(['src/cli/doctor.ts', 'src/cli/record.ts'])
})
