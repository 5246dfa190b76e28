import { expect, it } from "vitest"
import { type ErrorCode, isRetryable } from "../../src/errors.ts"
import { statusOfCode } from "../../src/http/problem.ts"

/** What a code means, and what to do about it. */
type Advice = readonly [cause: string, fix: string]

const groups: Readonly<Record<string, Readonly<Partial<Record<ErrorCode, Advice>>>>> = {
  "Options and input": {
    option_invalid: ["an option, a flag or a request breaks a rule", "the message has the rule and the value"],
    input_invalid: [
      "the input cannot be read: it does not exist, is damaged, or has another format, encoding or columns",
      "the message names the position, or the option that reads it: `--format`, `--encoding`, `--delimiter`, `--column`",
    ],
    row_invalid: [
      "one row cannot be read or written; it is listed in `OUTPUT.errors.jsonl`",
      "fix the row, or the option that the message names",
    ],
  },
  "Runs over files": {
    output_exists: [
      "the output exists and is not from a run, or another run is writing it",
      "choose another output, wait for the other run, or use `--force`",
    ],
    output_failed: [
      "the output cannot be written, or was changed by another program: disk full, no permission, file removed",
      "fix the cause and run the same command again",
    ],
    run_changed: [
      "the run was begun with another input, model or options, or the input changed meanwhile",
      "restore what the message names, or start over with `--force`",
    ],
  },
  Models: {
    model_not_found: [
      "no model, folder or file has this name",
      "check the spelling: the message suggests the nearest name; `valence models list` shows what is here",
    ],
    model_invalid: [
      "a checkpoint, graph or tokenizer is not supported, damaged, or lacks a file",
      "the message says what was found and what is supported, and has a command if one converts it",
    ],
    graph_inaccurate: [
      "the int8 or fp16 graph differs too much from fp32",
      "calibrate on texts like yours (`--calibrate FILE`), or use `--dtype fp32`",
    ],
    hub_denied: [
      "the hub refuses the model: it is private, gated or does not exist, or this run is offline",
      "set `HF_TOKEN`, accept the model's terms on its page, or leave out `--offline`",
    ],
    hub_failed: [
      "the hub cannot be reached, or a download broke off",
      "check the network, `HTTPS_PROXY` and `HF_ENDPOINT`, and run it again: downloads resume",
    ],
    lexicon_invalid: ["a line of a word list breaks a rule", "fix the line that the message names"],
  },
  Texts: {
    text_invalid: ["a text is not a string, or longer than `maxTextLength`", "split it, or raise `--max-text-length`"],
    text_empty: ["a text has no visible character", "leave it out, or pass `empty: 'label'`"],
    text_too_long: [
      "a text has more tokens than the model reads, and `longText` is `error`",
      "use `longText: 'windows'` or `'truncate'`",
    ],
    text_failed: ["a single text made its device fail", "report it, with the text if you can share it"],
  },
  "Devices and calls": {
    device_missing: [
      "the device is not in this machine, or its libraries are missing",
      "the message names the library; `valence doctor --device NAME` has the command",
    ],
    device_failed: [
      "a device child died or cannot load the model, often for lack of memory",
      "use fewer children (`cpu:N`) or a smaller `--max-batch-tokens`; see the log",
    ],
    run_timeout: [
      "a micro-batch took longer than `runTimeoutMs`, and its device was restarted",
      "raise `--run-timeout-ms`, or lower `--max-batch-tokens`",
    ],
    closed: ["the labeller, producer or server was closed", "create a new one; do not call it after `close()`"],
    aborted: ["your signal aborted, or Ctrl-C was pressed", "run it again: runs over files continue"],
  },
  "The fleet": {
    redis_invalid: [
      "Redis would lose jobs, is too old, or its user lacks rights",
      "run the command in the message, or `valence doctor --redis URL`",
    ],
    redis_failed: [
      "Redis cannot be reached, or refuses a command",
      "check URL, network and TLS files; the message has Redis's reason",
    ],
    no_worker: [
      "no worker has registered, or none lives, under this key prefix",
      "start one: `valence work`; check that the key prefixes are the same",
    ],
    queue_full: [
      "too many texts wait in Redis",
      "add workers, retry later, or use `whenFull: 'wait'` or a higher `--max-waiting-texts`",
    ],
    timeout: ["a result did not arrive within `timeoutMs` or `--answer-timeout-ms`", "add workers, or wait longer"],
    overloaded: ["a request would wait longer than `--max-queue-ms`", "retry after `Retry-After`, or add workers"],
    job_invalid: [
      "a job does not match its schema, or needs a newer worker",
      "compare it with `schemas/job.schema.json`; upgrade workers before producers",
    ],
    job_conflict: [
      "an `id` or an `Idempotency-Key` was used before for other texts or options",
      "choose another one, or discard the earlier job first",
    ],
    job_failed: [
      "a job failed on its last attempt",
      "`valence dead show ID` has the cause; then `valence dead retry ID`",
    ],
    job_lost: ["a job is no longer in Redis: it was removed, or Redis lost data", "add it again; use `appendonly yes`"],
    job_stalled: [
      "workers died too often while they had this job",
      "look into the workers' logs; then `valence dead retry ID`",
    ],
    model_changed: [
      "a worker with another model answered, or the job names another model",
      "give each model its own key prefix: docs/guides/fleet.md",
    ],
    expired: ["`deadlineMs` passed before the text reached a device", "add workers, or allow more time"],
    cancelled: ["the job was cancelled, by `cancel()` or `DELETE`", "nothing: you asked for it"],
  },
}

it("docs/reference/errors.md has every code; `npx vitest run test/docs/error-table.test.ts -u` writes it", async () => {
  const sections = Object.entries(groups).map(([title, codes]) => {
    const rows = Object.entries(codes).map(
      ([code, [cause, fix]]) =>
        `| \`${code}\` | ${statusOfCode(code)} | ${isRetryable(code) ? "yes" : "no"} | ${cause} | ${fix} |`,
    )
    return `## ${title}\n\n| code | HTTP | retry | cause | fix |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`
  })
  const page = `# Errors

Every error is a \`ValenceError\` with a stable \`code\` and a message that names the rule and the value. The same codes are in results, in
\`OUTPUT.errors.jsonl\`, in problem details over HTTP and in dead letters. "Retry" says whether the same work may succeed later without a
change; \`error.retryable\` says so in a program.

\`\`\`ts
import { createClassifier, ValenceError } from 'valence-nlp'

try {
  await createClassifier({ model: 'sentiment-smal' })
} catch (error) {
  if (error instanceof ValenceError) console.log(error.code, error.retryable)
}
\`\`\`
\`\`\`text
model_not_found false
\`\`\`

${sections.join("\n")}
## Only over HTTP

A request that fails before Valence reads its texts has one of these codes:

| code | HTTP | cause |
| --- | --- | --- |
| \`request_invalid\` | 400, 422 | the body or the query breaks a rule; \`errors\` lists where |
| \`unauthorized\`, \`forbidden\` | 401, 403 | no key, an unknown key, or one that may not do this |
| \`not_found\`, \`method_not_allowed\`, \`not_acceptable\` | 404, 405, 406 | no such route or id, another method, another \`Accept\` |
| \`body_timeout\` | 408 | the body took longer than \`--body-timeout-ms\` |
| \`conflict\` | 409 | the state does not allow it |
| \`too_large\` | 413, 414, 431 | body, URL or head are too large |
| \`media_type_unsupported\` | 415 | another \`Content-Type\`, \`Content-Encoding\` or charset |
| \`rate_limited\` | 429 | more requests than \`--rate-limit\` |
| \`not_implemented\` | 501 | the server has no fleet, or no webhook secret |
| \`unavailable\` | 503 | the server is stopping, or too many streams run |
| \`internal_error\` | 500 | a fault of Valence: the log has it; please report it |

## Exit codes

| code | meaning |
| --- | --- |
| 0 | every row with a text has a label |
| 1 | some rows failed; \`valence doctor\` found something missing; a worker had to give back jobs |
| 2 | the command could not do its work: the message says why |
| 130 | it was stopped by Ctrl-C |
`
  await expect(page).toMatchFileSnapshot("../../docs/reference/errors.md")
  const listed = Object.values(groups).flatMap(codes => Object.keys(codes))
  const { readFileSync } = await import("node:fs")
  const declared = [...readFileSync("src/errors.ts", "utf8").matchAll(/^ {2}([a-z_]+): (?:true|false),$/gm)].map(
    ([, code]) => code,
  )
  expect(listed.toSorted()).toEqual(declared.toSorted())
})
