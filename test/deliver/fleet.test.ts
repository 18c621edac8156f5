import { expect, it } from 'vitest'
import { measureFleet } from '../../bench/fleet.ts'

// 2000 agents, and the picture of it: npm run -s bench -- fleet --plot docs/pictures/fleet.svg
it('a fleet of 200 that fires in one second at a receiver of 50 requests a second delivers everything, without a storm', async () => {
  const { missing, requestsPerAlert, seconds, doneSeconds } = await measureFleet(200, 50)
  console.log(`${requestsPerAlert} requests an alert, ${doneSeconds} s`)
  expect(missing).toBe(0)
  expect(seconds.reduce((sum, { taken }) => sum + taken, 0)).toBe(200) // each once: what was taken is not sent again
  expect(requestsPerAlert).toBeLessThan(5) // trying at once until it is taken makes hundreds
  // After the first try no agent is in step with the others any more.
  expect(Math.max(...seconds.slice(2).map(({ taken, refused }) => taken + refused))).toBeLessThan(150)
}, 60_000)
