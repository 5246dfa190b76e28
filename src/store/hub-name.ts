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

/** Text classifiers of the hub that are older than owners, by the names that they had, and still have in many programs. */
export const legacyIds: Readonly<Record<string, string>> = {
  "distilbert-base-uncased-finetuned-sst-2-english": "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
  "bert-base-cased-finetuned-mrpc": "google-bert/bert-base-cased-finetuned-mrpc",
  "roberta-base-openai-detector": "openai-community/roberta-base-openai-detector",
  "roberta-large-openai-detector": "openai-community/roberta-large-openai-detector",
  "roberta-large-mnli": "FacebookAI/roberta-large-mnli",
}

/** The model of the hub that a name can mean; `undefined` if it is no `OWNER/NAME[@REVISION]`. */
export function readHubName(name: string): HubName | undefined {
  const [legacy = ""] = name.split("@", 1)
  const full = Object.hasOwn(legacyIds, legacy) ? `${legacyIds[legacy]}${name.slice(legacy.length)}` : name
  const [, id, revision = mainRevision] = pattern.exec(full) ?? []
  return id === undefined || /\.\.|\.onnx$|\.tsv$/i.test(name) ? undefined : { id, revision }
}

/**
 * As `readHubName`, where nothing else is meant.
 *
 * @throws ValenceError `option_invalid`
 */
export function requireHubName(name: string): HubName {
  const hubName = typeof name === "string" ? readHubName(name) : undefined
  if (hubName) return hubName
  throw new ValenceError(
    "option_invalid",
    `model must be a name of the hub, OWNER/NAME or OWNER/NAME@REVISION; got ${shown(name)}`,
  )
}

/** `OWNER/NAME`, with the revision if it is not the usual one. */
export function showHubName({ id, revision }: HubName): string {
  return revision === mainRevision ? id : `${id}@${revision}`
}
