import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Arch, Release } from './release.ts'
import runtimes from './runtimes.json' with { type: 'json' }
import { tool } from './tool.ts'

export const runtimeVersion = runtimes.version

/** The pinned Node.js for an architecture: a folder with bin/node and LICENSE. Refuses what has another digest. */
export function fetchRuntime(release: Release, arch: Arch): string {
  const { name, integrity } = runtimes.packages[arch]
  const folder = join(release.cache, `${name}-${runtimes.version}`)
  if (existsSync(join(folder, 'bin/node'))) return folder
  const archive = join(release.work, `${name}-${runtimes.version}.tgz`)
  tool(release, 'npm', ['pack', '--silent', '--pack-destination', release.work, `${name}@${runtimes.version}`])
  const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (digest !== integrity) throw new Error(`${name}@${runtimes.version} has the digest ${digest}, not ${integrity}`)
  const unpacked = join(release.work, `${name}-unpacked`)
  mkdirSync(unpacked, { recursive: true })
  tool(release, 'tar', ['-xzf', archive, '-C', unpacked, 'package/bin/node', 'package/LICENSE'])
  rmSync(folder, { recursive: true, force: true })
  renameSync(join(unpacked, 'package'), folder)
  rmSync(archive)
  return folder
}
