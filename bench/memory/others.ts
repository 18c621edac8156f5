import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** What the agent is compared to, in the same run. */
export interface Other {
  readonly name: string
  readonly pid: number
  readonly stop: () => void
}

const exporterPath = '/usr/bin/prometheus-node-exporter'
const exporterPort = 19_100

export function startBareNode(): Other {
  return other('bare Node.js', spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }))
}

/** Debian's, with its default collectors, after three scrapes; undefined where it is not installed. */
export async function startNodeExporter(): Promise<Other | undefined> {
  if (!existsSync(exporterPath)) return undefined
  const child = spawn(exporterPath, [`--web.listen-address=127.0.0.1:${exporterPort}`], { stdio: 'ignore' })
  for (let scrape = 0; scrape < 3; scrape++) {
    await pause(1000)
    await fetch(`http://127.0.0.1:${exporterPort}/metrics`).then(
      answer => answer.text(),
      () => {}, // not listening yet
    )
  }
  return other('node_exporter', child)
}

function other(name: string, child: ChildProcess): Other {
  return { name, pid: child.pid!, stop: () => void child.kill('SIGKILL') }
}
