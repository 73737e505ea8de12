/** One way to give a connector its credentials. */
export interface Credential {
  /** Config keys that must all have a value. */
  readonly keys: readonly string[];
  /** Where a person gets them, one sentence. */
  readonly where: string;
}

/**
 * Facts about a connector that must be known without importing its SDK: the auto-enable table, redaction, validation
 * messages and documents are made from it. It lives in a module of its own, exported as `./manifest`.
 */
export interface Manifest {
  /** Key under `connectors` in the config, and prefix of identities. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** npm package. */
  readonly package: string;
  /** Environment variables by config key; the first that is set fills the key for the default account. */
  readonly env: Readonly<Record<string, readonly [string, ...string[]]>>;
  /** Paths of secret values inside an account's block, `*` for any key. */
  readonly secrets: readonly string[];
  /** An account is configured when one of these is complete. */
  readonly credentials: readonly [Credential, ...Credential[]];
}
