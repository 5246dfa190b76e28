/** What the commands need, in any Python 3.10 or newer. */
const install = "pip install torch transformers sentencepiece protobuf"

const quoted = (argument: string) =>
  /^[\w./@-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`

/** Where a converted model goes: the folder that it is in, or for a model of the hub, one named after it. */
function targetOf(source: string): string {
  return /^[\w-][\w.-]*\/[\w.-]+$/.test(source) ? `./${source.split("/")[1]}` : source
}

/** The command that saves a checkpoint's tokenizer as `tokenizer.json`. */
export function tokenizerCommand(source: string): string {
  const python =
    "import sys; from transformers import AutoTokenizer as T; T.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[2])"
  return `${install} && python3 -c "${python}" ${quoted(source)} ${quoted(targetOf(source))}`
}

/**
 * The command that saves a pickled checkpoint as safetensors with its tokenizer. It runs in a Python of the user's, so that
 * nothing here ever unpickles what may hold code.
 */
export function safetensorsCommand(source: string): string {
  const python =
    "import sys; from transformers import AutoModelForSequenceClassification as M, AutoTokenizer as T; [C.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[2]) for C in (M, T)]"
  return `${install} && python3 -c "${python}" ${quoted(source)} ${quoted(targetOf(source))}`
}
