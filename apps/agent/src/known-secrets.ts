/** Masks what is known to be secret in what is said outside the log; nothing is known before a config was read. */
export const knownSecrets: { redact: (text: string) => string } = { redact: (text) => text };
