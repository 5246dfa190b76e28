import { join } from "node:path"
import { ValenceError } from "../errors.ts"
import { type HubName, showHubName } from "../store/hub-name.ts"
import { downloadFile } from "./download-file.ts"
import { type Snapshot, takeFromHuggingFace } from "./hugging-face-cache.ts"
import { askedOf } from "./list-commit.ts"
import type { Hub } from "./open-hub.ts"
import type { Source } from "./pull-checkpoint.ts"

/** The hub, but for files that Hugging Face's own libraries have downloaded already. */
export function hubSource(name: HubName, hub: Hub): Source {
  const asked = askedOf(name, hub)
  return {
    what: asked.what,
    keepsParts: true,
    async bring(file, commit, folder, onBytes) {
      if (await takeFromHuggingFace(name.id, file, join(folder, file.name))) return onBytes(file.bytes)
      const path = file.name.split("/").map(encodeURIComponent).join("/")
      const url = `${hub.endpoint}/${name.id}/resolve/${commit}/${path}`
      await downloadFile({ ...asked, hub, url, file, folder, onBytes })
    },
  }
}

/** What Hugging Face's own libraries have downloaded of a commit. */
export function snapshotSource(name: HubName, snapshot: Snapshot): Source {
  const what = `model ${showHubName(name)}`
  return {
    what,
    keepsParts: false,
    async bring(file, _commit, folder, onBytes) {
      if (!(await takeFromHuggingFace(name.id, file, join(folder, file.name), snapshot)))
        throw new ValenceError(
          "model_invalid",
          `${what}: ${join(snapshot.folder, file.name)} must have the checksum that its link names; it has another, or is cut off: remove it, and download it again`,
        )
      onBytes(file.bytes)
    },
  }
}
