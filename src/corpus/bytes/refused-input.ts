/** An input that is whole, and that cannot be read as it is: the message says how it can. */
export class RefusedInput extends Error {}
