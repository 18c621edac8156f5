import type { HoldClient, HoldClientOptions } from '../../agent/hold/hold-client.ts'
import type { CoreSettings } from '../../types.ts'

export interface HoldSwitch {
  readonly set: (mode: CoreSettings['hold']) => Promise<void>
}

/** Asks the hold process while the settings say `hold: on`. Its code is loaded only then. */
export function createHoldSwitch(options: Omit<HoldClientOptions, 'now'>): HoldSwitch {
  let client: HoldClient | null = null
  return {
    set: async mode => {
      if (mode === 'on' && !client) {
        const { startHoldClient } = await import('../../agent/hold/hold-client.ts')
        client = startHoldClient({ ...options, now: Date.now })
      } else if (mode !== 'on' && client) {
        await client.stop()
        client = null
      }
    },
  }
}
