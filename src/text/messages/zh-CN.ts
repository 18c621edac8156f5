/* Texts for people, in simplified Chinese. */

import type { Messages } from './en.ts'
import { actions } from './zh-CN/actions.ts'
import { agent } from './zh-CN/agent.ts'
import { causes } from './zh-CN/causes.ts'
import { chat } from './zh-CN/chat.ts'
import { cli } from './zh-CN/cli.ts'
import { delivery } from './zh-CN/delivery.ts'
import { doctor } from './zh-CN/doctor.ts'
import { endings } from './zh-CN/endings.ts'
import { forecast } from './zh-CN/forecast.ts'
import { hold } from './zh-CN/hold.ts'
import { input } from './zh-CN/input.ts'
import { kubernetes } from './zh-CN/kubernetes.ts'
import { page } from './zh-CN/page.ts'
import { report } from './zh-CN/report.ts'
import { settings } from './zh-CN/settings.ts'
import { status } from './zh-CN/status.ts'
import { summary } from './zh-CN/summary.ts'
import { units } from './zh-CN/units.ts'
import { verdicts } from './zh-CN/verdicts.ts'
import { watch } from './zh-CN/watch.ts'

/** All texts in Chinese. */
export const zhCN = {
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
} satisfies Messages
