/** How long a Redis may take to answer one who looks into it at first. */
export const lookTimeoutMs = 60_000

/** Whoever looks waits for the server that serves. */
export const lookOptions = { silenceMs: 2000, patient: true } as const
