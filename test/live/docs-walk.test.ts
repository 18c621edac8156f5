import { spawn } from 'node:child_process'
import { expect, it } from 'vitest'
import { checkout } from '../support/oomloop.ts'

const why = process.getuid?.() === 0 ? '' : ' (skipped: it needs root, for kills in a cgroup)'

it.skipIf(why !== '')(
  `every command in the pages of a new user does what its page says${why}`,
  async () => {
    const walk = spawn(process.execPath, ['scripts/docs-walk.ts'], { cwd: checkout })
    let output = ''
    for (const stream of [walk.stdout, walk.stderr]) stream.on('data', text => (output += text))
    const code = await new Promise(done => walk.once('close', done))
    expect([code, output.trimEnd().split('\n').at(-1)], output).toEqual([0, 'every command did what its page says'])
    expect(output).toContain('the first alert arrived')
  },
  600_000,
)
