import { shown, ValenceError } from "../errors.ts"

/** A model as the hub knows it. */
export interface HubName {
  /** `OWNER/NAME` */
  readonly id: string
  /** A branch, a tag or a commit. */
  readonly revision: string
}

const part = "[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9_])?"
const pattern = new RegExp(`^(${part}/${part})(?:@([^\\s@.][^\\s@]*))?$`)

/** What a name without a revision means: the branch that every repository begins with. */
const mainRevision = "main"

/** The model of the hub that a name can mean; `undefined` where it is no `OWNER/NAME[@REVISION]`. */
export function readHubName(name: string): HubName | undefined {
  const [, id, revision = mainRevision] = pattern.exec(name) ?? []
  return id === undefined || /\.\.|\.onnx$|\.tsv$/i.test(name) ? undefined : { id, revision }
}

/**
 * As `readHubName`, where nothing else is meant.
 *
 * @throws ValenceError `option_invalid`
 */
export function requireHubName(name: string): HubName {
  const hubName = readHubName(name)
  if (hubName) return hubName
  throw new ValenceError(
    "option_invalid",
    `model must be a name of the hub, OWNER/NAME or OWNER/NAME@REVISION; got ${shown(name)}`,
  )
}

/** `OWNER/NAME`, with the revision where it is not the usual one. */
export function showHubName({ id, revision }: HubName): string {
  return revision === mainRevision ? id : `${id}@${revision}`
}
