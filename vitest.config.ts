import { defineConfig } from 'vitest/config'

// unit: pure and quick. live: real kernel, real cgroups, real servers. vm: a whole virtual machine.
export default defineConfig({
  test: {
    maxWorkers: 2, // on two cores Vitest would take one
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/live/**', 'test/vm/**'],
          setupFiles: ['test/support/validate-all.ts'],
          testTimeout: 30_000,
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
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          setupFiles: ['test/support/validate-all.ts'],
          fileParallelism: false, // one machine at a time: emulation takes all cores
          sequence: { groupOrder: 2 }, // and after everything else: what is measured inside wants the cores for itself
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
