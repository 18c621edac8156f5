import { sizeText } from '../format.ts'
import { units } from './units.ts'

/** Hold: what is throttled, since when, and why. */
export const hold = {
  suggest: ({ name, grewKiB, levelKiB }: { name: string; grewKiB: number; levelKiB: number }) =>
    `To gain time without stopping anything, slow down ${name}: it grew by ${sizeText(grewKiB)} in the last minute. The command prints the current memory.high and sets it to ${sizeText(levelKiB)}. To undo it, write the printed value back.`,
  starts: ({ names }: { names: readonly string[] }) =>
    `oomloop slows down the growth of ${units.list(names, 4)} now, by memory.high a little above the current usage. This gains time and frees no memory.`,
  held: ({
    names,
    seconds,
    savedKiB,
    leftSeconds,
  }: {
    names: readonly string[]
    seconds: number
    savedKiB: number
    leftSeconds: number
  }) =>
    `oomloop has slowed down the growth of ${units.list(names, 4)} for ${units.duration(seconds)}, which saved about ${sizeText(savedKiB)}. This gains time and frees no memory. It ends in ${units.duration(leftSeconds)} at the latest, or at once with this command.`,
  inShort: ({ count, seconds }: { count: number; seconds: number }) =>
    `oomloop has slowed down ${count === 1 ? 'a workload' : `${count} workloads`} for ${units.duration(seconds)}.`,
  none: {
    'no-cgroup-v2': 'oomloop slows nothing down on this node: that needs cgroup v2.',
    tmpfs:
      'oomloop slows nothing down: the growth is files in a tmpfs. A limit would block the writer and free no memory.',
    unexplained: 'oomloop slows nothing down: the growth of the containers does not explain the loss of memory.',
    protected:
      'oomloop slows nothing down: what grows belongs to the node, is a database or a StatefulSet, or is terminating.',
  },
  label: 'Slowed down',
  each: ({ name, since, until, savedKiB }: { name: string; since: string; until: string | null; savedKiB: number }) =>
    `${name} ${until === null ? `since ${since}` : `${since} – ${until}`}, ${sizeText(savedKiB)} saved`,
  released: ({ count }: { count: number }) =>
    count === 0 ? 'Nothing is held.' : `Released ${count === 1 ? '1 container' : `${count} containers`}.`,
  leftAlone: ({ cgroup, why }: { cgroup: string; why: 'changed' | 'refused' }) =>
    why === 'changed'
      ? `memory.high of ${cgroup} was changed by something else and was left as it is.`
      : `The kernel refused the original memory.high of ${cgroup}: write it back by hand.`,
  notCgroup2: ({ path }: { path: string }) => `${path} is not cgroup v2: nothing can be held on this host`,
  log: {
    ready: 'ready to slow down containers',
    released: 'released',
    held: 'growth is slowed down',
    notHeld: 'growth is not slowed down',
    noAnswer: 'oomloop hold does not answer: nothing is slowed down',
    failed: 'slowing down containers failed',
  },
  running: 'an oomloop hold process already runs on this host; stop it first',
}
