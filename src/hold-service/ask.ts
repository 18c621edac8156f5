import { connect } from 'node:net'
import { type HoldAnswer, type HoldRequest, parseAnswer, requestLine } from '../hold/protocol.ts'

/** A response with about sixty lines of state is smaller. */
const longestAnswer = 64 * 1024
const answerMs = 5000

/** Sends one request to the hold process; undefined if no process responds. */
export function ask(socket: string, request: HoldRequest, withinMs = answerMs): Promise<HoldAnswer | undefined> {
  return new Promise(resolve => {
    let text = ''
    const client = connect(socket)
    const end = (answer: HoldAnswer | undefined): void => {
      clearTimeout(timer)
      client.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => end(undefined), withinMs)
    client.setEncoding('latin1')
    client.on('error', () => end(undefined))
    client.on('close', () => end(undefined))
    client.on('connect', () => client.write(`${requestLine(request)}\n`))
    client.on('data', (part: string) => {
      text += part
      const line = text.indexOf('\n')
      if (line >= 0) end(parseAnswer(text.slice(0, line)))
      else if (text.length > longestAnswer) end(undefined)
    })
  })
}
