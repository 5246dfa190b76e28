import { readFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { shown, ValenceError } from "../errors.ts"

/** Which hub is asked, and as whom. */
export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string
  readonly token: string | undefined
}

const publicHub = "https://huggingface.co"

/** Whether the environment forbids the network, as Hugging Face's own libraries read it. */
export function isOffline(env: NodeJS.ProcessEnv = process.env): boolean {
  return /^(1|on|yes|true)$/i.test(env["HF_HUB_OFFLINE"] || env["TRANSFORMERS_OFFLINE"] || "")
}

/**
 * The hub that HF_ENDPOINT names, and the token in HF_TOKEN or in the file where `hf auth login` leaves it.
 *
 * @throws ValenceError `option_invalid`
 */
export async function readHubSettings(env: NodeJS.ProcessEnv = process.env): Promise<HubSettings> {
  const endpoint = (env["HF_ENDPOINT"] || publicHub).replace(/\/+$/, "")
  if (!/^https?:\/\/[^/]/.test(endpoint) || !URL.canParse(endpoint))
    throw new ValenceError("option_invalid", `HF_ENDPOINT must be an http or https URL; got ${shown(endpoint)}`)
  const token =
    env["HF_TOKEN"] || env["HUGGING_FACE_HUB_TOKEN"] || (await readFile(tokenFile(env), "utf8").catch(() => ""))
  return { endpoint, token: token.trim() || undefined }
}

function tokenFile(env: NodeJS.ProcessEnv): string {
  const home = env["HF_HOME"] || join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "huggingface")
  return env["HF_TOKEN_PATH"] || join(home, "token")
}
