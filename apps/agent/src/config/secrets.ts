import {
  collectSecrets,
  createRedactor,
  type Environment,
  isRecord,
  type Redactor,
} from "@elizaos/connector-core";
import { knownSecrets } from "../known-secrets.js";
import type { AccountFacts } from "./plugin-auto-enable.js";

/** Keys whose text is taken for a secret wherever it stands, also in blocks of connectors that are not installed. */
const SECRET_KEY =
  /token$|secret|password|passphrase|api.?key|private.?key|authorization|credential|connection.?string|service.?account(key)?$/i;
/** Keys that say where something lies, not what it is. */
const PLACE_KEY = /(file|path|dir|url)$/i;
const SECRET_VARIABLE = /TOKEN|SECRET|PASSW|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIAL/;

/** What a redactor is to know: everything the config, the character and the environment hold. */
export interface SecretSources {
  /** `connectors`, with the blocks as written. */
  readonly connectors: Readonly<Record<string, unknown>>;
  /** The whole character file, of which `secrets` is secret as a whole. */
  readonly character: Readonly<Record<string, unknown>>;
  /** The `model` section. */
  readonly model: unknown;
  readonly environment: Environment;
  readonly facts: readonly ({ readonly id: string } & AccountFacts)[];
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
  addByKey(sources.character, false, redactor);
  addByKey(sources.model, false, redactor);
  const declared = new Set<string>();
  for (const { id, secrets, env } of sources.facts) {
    collectSecrets(sources.connectors[id], secrets, redactor);
    for (const key of secrets) for (const name of env[key] ?? []) declared.add(name);
  }
  for (const [name, value] of Object.entries(sources.environment)) {
    if (value !== undefined && (declared.has(name) || SECRET_VARIABLE.test(name)))
      addByKey(value, true, redactor);
  }
  return redactor;
}

/** Whether a config key has a secret's name. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key) && !PLACE_KEY.test(key);
}

/** Adds every text under a secret-looking key, and the credentials inside URLs. */
function addByKey(value: unknown, secret: boolean, redactor: Redactor): void {
  if (typeof value === "string") {
    if (secret) {
      redactor.add(value);
      // A service account's key, given as text.
      addByKey(parsed(value), false, redactor);
    }
    const credentials = /^[a-z][a-z0-9+.-]*:\/\/([^/@\s]+)@/i.exec(value)?.[1];
    if (credentials !== undefined) redactor.add(credentials);
  } else if (Array.isArray(value)) {
    for (const each of value) addByKey(each, secret, redactor);
  } else if (isRecord(value)) {
    for (const [key, each] of Object.entries(value)) addByKey(each, secret || isSecretKey(key), redactor);
  }
}

/** The object that a text of JSON holds; undefined for any other text. */
function parsed(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
