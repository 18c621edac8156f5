import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import manifest from '../package.json' with { type: 'json' }

export type Arch = 'x64' | 'arm64'

export const arches: readonly Arch[] = ['x64', 'arm64']

/** How the others call an architecture. */
export const archNames = {
  x64: { debian: 'amd64', rpm: 'x86_64', oci: 'amd64', binutils: 'x86_64-linux-gnu' },
  arm64: { debian: 'arm64', rpm: 'aarch64', oci: 'arm64', binutils: 'aarch64-linux-gnu' },
} as const

/** Where a reader finds the project. Its host is reserved for examples: who publishes sets it in package.json. */
export const homepage = manifest.homepage

/** What a release is made of, and where. */
export interface Release {
  readonly version: string
  /** The checkout. */
  readonly root: string
  /** Where the finished files lie. */
  readonly out: string
  /** Downloads, by digest; may be kept between builds. */
  readonly cache: string
  /** Half-made things. */
  readonly work: string
  /** Seconds since the epoch that every file in a release bears: that of the commit, so that two builds are the same. */
  readonly epoch: number
}

export function openRelease(out?: string): Release {
  const root = resolve(import.meta.dirname, '..')
  const release = {
    version: manifest.version,
    root,
    out: resolve(out ?? `${root}/out/release`),
    cache: `${root}/out/cache`,
    work: `${root}/out/work-${process.pid}`,
    epoch: Number(process.env.SOURCE_DATE_EPOCH ?? commitEpoch(root)),
  }
  for (const dir of [release.out, release.cache, release.work]) mkdirSync(dir, { recursive: true })
  return release
}

/** Outside a checkout with git (a source archive) there is no commit: a day that never changes. */
export function commitEpoch(root: string): string {
  try {
    return execFileSync('git', ['-C', root, 'log', '-1', '--format=%ct'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return '1767225600'
  }
}

export const folderName = ({ version }: Release, arch: Arch): string => `oomloop-${version}-linux-${arch}`
