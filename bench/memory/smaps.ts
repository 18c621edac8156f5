import { readFileSync } from 'node:fs'

/** What a process occupies, MiB. */
export interface Occupied {
  readonly residentMiB: number
  /** Of it what no file backs: it cannot be dropped and read again. */
  readonly anonymousMiB: number
}

/** From smaps_rollup. */
export function occupiedBy(pid: number | 'self'): Occupied {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mib = (name: string): number =>
    Math.round((Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1]) / 1024) * 10) / 10
  return { residentMiB: mib('Rss'), anonymousMiB: mib('Anonymous') }
}

/** Processor time that a process has used so far, ms. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
