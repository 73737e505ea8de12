import {
  collectSecrets,
  createRedactor,
  type Environment,
  type Manifest,
  type Redactor,
} from "@elizaos/connector-core";
import { knownSecrets } from "../known-secrets.js";
import { isObject } from "./read.js";

/** Keys whose text is taken for a secret wherever it stands, also in blocks of connectors that are not installed. */
const SECRET_KEY =
  /token$|secret|password|passphrase|api.?key|private.?key|authorization|credential|connection.?string|service.?account(key)?$/i;
const SECRET_VARIABLE = /TOKEN|SECRET|PASSW|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIAL/;

/** What a redactor is to know: everything the config, the character and the environment hold. */
export interface SecretSources {
  /** `connectors`, with the blocks as written. */
  readonly connectors: Readonly<Record<string, unknown>>;
  readonly model: unknown;
  readonly characterSecrets: unknown;
  readonly environment: Environment;
  readonly manifests: readonly Manifest[];
}

/** A redactor that also knows the forms in which a secret appears in JSON and in URLs. */
export function redactorOf(sources: SecretSources): Redactor {
  const inner = createRedactor();
  const redactor: Redactor = {
    add(secret) {
      for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
        inner.add(form);
    },
    redact: (text) => inner.redact(text),
  };
  knownSecrets.redact = redactor.redact;
  addByKey(sources.connectors, false, redactor);
  addByKey(sources.model, false, redactor);
  addByKey(sources.characterSecrets, true, redactor);
  const declared = new Set<string>();
  for (const { id, secrets, env } of sources.manifests) {
    collectSecrets(sources.connectors[id], secrets, redactor);
    for (const key of secrets) for (const name of env[key] ?? []) declared.add(name);
  }
  for (const [name, value] of Object.entries(sources.environment)) {
    if (value !== undefined && (declared.has(name) || SECRET_VARIABLE.test(name))) redactor.add(value);
  }
  return redactor;
}

/** Adds every text under a secret-looking key, and the credentials inside URLs. */
function addByKey(value: unknown, secret: boolean, redactor: Redactor): void {
  if (typeof value === "string") {
    if (secret) redactor.add(value);
    const credentials = /^[a-z][a-z0-9+.-]*:\/\/([^/@\s]+)@/i.exec(value)?.[1];
    if (credentials !== undefined) redactor.add(credentials);
  } else if (Array.isArray(value)) {
    for (const each of value) addByKey(each, secret, redactor);
  } else if (isObject(value)) {
    for (const [key, each] of Object.entries(value)) addByKey(each, secret || SECRET_KEY.test(key), redactor);
  }
}
