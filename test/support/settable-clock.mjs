// Loaded into an agent under test (--import): SIGUSR2 sets its wall clock as the text of OOMLOOP_TEST_CLOCK says, in
// milliseconds; the monotonic clock goes on. A stand-in for settimeofday(2), which would set the clock of every process.
import { readFileSync } from 'node:fs'

const RealDate = Date
const realNow = Date.now
let shiftMs = 0
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [realNow() + shiftMs] : args))
  }
  static now() {
    return realNow() + shiftMs
  }
}
process.on('SIGUSR2', () => {
  shiftMs = Number(readFileSync(process.env.OOMLOOP_TEST_CLOCK, 'utf8'))
})
