import type { WebhookSettings } from '../types.ts'
import { trialRequests } from './check-webhooks.ts'
import type { Format } from './http/format.ts'
import { createMemoryReceiver } from './http/memory-receiver.ts'

/**
 * Carries one whole delivery out per format against a receiver in memory, so that the first real alert loads and compiles
 * nothing. Throws OOMLOOP_SETTINGS for a template that cannot be rendered.
 */
export async function warmUp(
  routes: readonly { readonly webhook: WebhookSettings; readonly url: string; readonly format: Format }[],
): Promise<void> {
  const receiver = createMemoryReceiver()
  try {
    for (const { webhook, url, format } of routes)
      for (const request of trialRequests(format, webhook, url)) await receiver.post(request, {})
  } finally {
    receiver.close()
  }
}
