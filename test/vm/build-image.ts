import { image, whyNoMachine } from './image.ts'

/** Before all files: two of them that begin at once are not to build it twice. */
export default function buildImage(): void {
  if (!whyNoMachine()) image()
}
