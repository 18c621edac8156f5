import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkout } from '../support/oomloop.ts'

const dist = join(checkout, 'dist')
const node = join(checkout, 'node_modules/node/bin/node')

/** The program as it is shipped, and the Node.js that runs it: below /put, `node` and `dist/oomloop.mjs`. */
export function bundle(): Readonly<Record<string, string>> {
  return { node, dist }
}

/** Why there is nothing to run in a machine, or undefined. */
export function whyNoBundle(): string | undefined {
  if (!existsSync(join(dist, 'oomloop.mjs'))) return 'needs dist/oomloop.mjs: npm run build'
  return existsSync(node) ? undefined : 'needs node_modules/node/bin/node'
}
