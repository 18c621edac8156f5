import { openReplaySource } from '../../src/input/playback/replay.ts'
import { createPipeline, type Pipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, Locale } from '../../src/types.ts'

/** The alerts of a log, recording or capture, as `replay --alerts` prints them. */
export async function replayAlerts(
  path: string,
  locale: Locale = 'en',
  onAlert: (alert: Alert, pipeline: Pipeline) => void = () => {},
): Promise<readonly Alert[]> {
  const pipeline = createPipeline()
  const alerts: Alert[] = []
  for await (const observation of openReplaySource([path], { settings: { ...defaultCoreSettings, locale } })) {
    for (const alert of pipeline.observe(observation)) {
      alerts.push(alert)
      onAlert(alert, pipeline)
    }
  }
  return alerts
}
