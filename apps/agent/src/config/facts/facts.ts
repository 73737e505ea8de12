import type { Credential, Manifest } from "@elizaos/connector-core";

/**
 * What is known of a connector without its package. An account is configured when one of `credentials` is complete; a set
 * without keys says that the platform needs none.
 */
export interface ConnectorFacts
  extends Pick<Manifest, "env" | "credentials">,
    Partial<Pick<Manifest, "secrets">> {
  /** Config keys that hold paths; relative ones start at the config file's folder. */
  readonly paths?: readonly string[];
  /** Config keys that hold a program's name, or its path. */
  readonly programs?: readonly string[];
  /** Keys and variables that no document of the platform's existing connectors names. */
  readonly assumed?: readonly string[];
}

/** @param where where a person gets them, one sentence */
export function needs(where: string, ...keys: readonly string[]): Credential {
  return { keys, where };
}
