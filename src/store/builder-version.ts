/** Changes whenever the same checkpoint and scales give another graph: graphs of another version are built again. */
export const builderVersion = "4"
