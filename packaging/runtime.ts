import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Of } from './archive.ts'
import type { Arch, Release } from './release.ts'
import runtimes from './runtimes.json' with { type: 'json' }
import { tool } from './tool.ts'

export const runtimeVersion = runtimes.version

/** The pinned Node.js for an architecture. Refuses what has another digest. */
export function fetchRuntime(release: Release, arch: Arch): string {
  const { name, integrity, nodeSha256 } = runtimes.packages[arch]
  // The one that runs this script is the pinned one as a rule: nothing to fetch.
  if (arch === process.arch && sha256Of(process.execPath) === nodeSha256) return process.execPath
  const folder = join(release.cache, `${name}-${runtimes.version}`)
  const node = join(folder, 'bin/node')
  if (existsSync(node)) return node
  const archive = join(release.work, `${name}-${runtimes.version}.tgz`)
  tool(release, 'npm', ['pack', '--silent', '--pack-destination', release.work, `${name}@${runtimes.version}`])
  const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (digest !== integrity) throw new Error(`${name}@${runtimes.version} has the digest ${digest}, not ${integrity}`)
  const unpacked = join(release.work, `${name}-unpacked`)
  mkdirSync(unpacked, { recursive: true })
  tool(release, 'tar', ['-xzf', archive, '-C', unpacked, 'package/bin/node'])
  rmSync(folder, { recursive: true, force: true })
  renameSync(join(unpacked, 'package'), folder)
  rmSync(archive)
  return node
}
