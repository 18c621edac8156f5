import { type Messages, messagesOf } from '../../text/messages/catalogues.ts'

export type DeliveryMessages = Messages['delivery']

/** Texts of the agent's own log and status: English on every node. */
export const deliveryLogMessages: DeliveryMessages = messagesOf('en').delivery

/** Why a request got no response, for a person in the language that is asked for. The `message` is English, for the log. */
export class DeliveryError extends Error {
  readonly code: string
  readonly textIn: (t: DeliveryMessages) => string

  constructor(code: string, textIn: (t: DeliveryMessages) => string) {
    super(textIn(deliveryLogMessages))
    this.code = code
    this.textIn = textIn
  }
}
