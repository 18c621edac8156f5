/* Texts for people, in English: functions of named facts, without arithmetic or decisions. */

import { actions } from './en/actions.ts'
import { agent } from './en/agent.ts'
import { causes } from './en/causes.ts'
import { chat } from './en/chat.ts'
import { cli } from './en/cli.ts'
import { delivery } from './en/delivery.ts'
import { doctor } from './en/doctor.ts'
import { endings } from './en/endings.ts'
import { forecast } from './en/forecast.ts'
import { hold } from './en/hold.ts'
import { input } from './en/input.ts'
import { kubernetes } from './en/kubernetes.ts'
import { page } from './en/page.ts'
import { report } from './en/report.ts'
import { settings } from './en/settings.ts'
import { status } from './en/status.ts'
import { summary } from './en/summary.ts'
import { units } from './en/units.ts'
import { verdicts } from './en/verdicts.ts'
import { watch } from './en/watch.ts'

/** All texts in English. */
export const en = {
  units,
  verdicts,
  forecast,
  endings,
  summary,
  actions,
  causes,
  chat,
  delivery,
  kubernetes,
  hold,
  input,
  agent,
  settings,
  cli,
  status,
  doctor,
  report,
  page,
  watch,
}

/** What each catalogue has to provide: the shape of the English one. */
export type Messages = Widened<typeof en>

type Widened<T> = T extends string
  ? string
  : T extends (...facts: infer F) => string
    ? (...facts: F) => string
    : { readonly [K in keyof T]: Widened<T[K]> }
