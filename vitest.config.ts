import { defineConfig } from 'vitest/config'

const captured = ['test/vm/causes.test.ts', 'test/vm/scenarios.test.ts']
const faults = ['test/faults/**/*.test.ts', 'test/chaos/**/*.test.ts', 'test/install/**/*.test.ts']
const inMachine = {
  globalSetup: 'test/vm/build-image.ts',
  setupFiles: ['test/support/validate-all.ts'],
  testTimeout: 600_000,
  hookTimeout: 600_000,
}

// unit: pure and quick. faults: a real agent under a fault, for half a minute each. live: real kernel, real cgroups, real servers. vm: a whole virtual machine, with the agent in it;
// vm-captured: one that is recorded, and judged afterwards.
export default defineConfig({
  test: {
    maxWorkers: 2, // on two cores Vitest would take one
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/live/**', 'test/vm/**', ...faults],
          setupFiles: ['test/support/validate-all.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'faults',
          include: faults,
          setupFiles: ['test/support/validate-all.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'live',
          include: ['test/live/**/*.test.ts'],
          setupFiles: ['test/support/validate-all.ts'],
          fileParallelism: false, // they share the machine's kernel log and its kill counter
          sequence: { groupOrder: 1 }, // and are not to share its cores with the unit tests
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...inMachine,
          name: 'vm-captured',
          include: captured,
          sequence: { groupOrder: 2 }, // side by side: a reading a second leaves most of a core idle
        },
      },
      {
        test: {
          ...inMachine,
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          exclude: captured,
          fileParallelism: false, // one machine at a time: what is measured inside wants the cores for itself
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
