import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

/** What stands before the number of each record. */
export const floodMark = 'oomloop bench: record '

/** Lifts the kernel's limit on what userspace may write into its log; call what is returned to set it again. */
export function letUserspaceWrite(): () => void {
  const knob = '/proc/sys/kernel/printk_devkmsg'
  const before = readFileSync(knob, 'utf8')
  writeFileSync(knob, 'on\n')
  return () => writeFileSync(knob, before)
}

/** Another process writes numbered records into the kernel's log, in steps of a millisecond, from `first` on; resolves with how many. */
export function writeFlood(perSecond: number, seconds: number, first = 0): Promise<number> {
  const script = `
    const fs = require('node:fs')
    const fd = fs.openSync('/dev/kmsg', 'w')
    const startedAt = performance.now()
    let done = 0
    const timer = setInterval(() => {
      const due = Math.min(${perSecond * seconds}, Math.floor((performance.now() - startedAt) * ${perSecond / 1000}))
      for (; done < due; done++) fs.writeSync(fd, '<15>${floodMark}' + (${first} + done) + ' of a flood, as long as a usual one is\\n')
      if (done >= ${perSecond * seconds}) { clearInterval(timer); console.log(done) }
    }, 1)`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let out = ''
    child.stdout.on('data', chunk => {
      out += chunk
    })
    child.once('close', code => (code === 0 ? resolve(Number(out)) : reject(new Error('the writer failed'))))
  })
}
