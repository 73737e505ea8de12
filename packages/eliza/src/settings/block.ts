import { type Connector, DEFAULT_ACCOUNT, isRecord, mergeDeep, nearest } from "@elizaos/connector-core";
import type { AgentRuntime } from "../agent-runtime.js";
import { coerce } from "./coerce.js";

type Values = Readonly<Record<string, unknown>>;

/** A connector's block, and what fills its default account, as core's config resolution takes them. */
export interface ConnectorSettings {
  readonly block: Values;
  /** Variables of the connector's manifest. */
  readonly environment: Readonly<Record<string, string>>;
  /** What was written and is not used. */
  readonly warnings: readonly string[];
}

/**
 * Reads what an agent says of a connector. Weakest first: the character's `connectors.<id>`, its `settings.<id>`, and the settings by
 * name: `<ID>_BASE_<FIELD>` for all accounts, `<ID>_<FIELD>` for the default one, `<ID>_ACCOUNT_<NAME>_<FIELD>` for the one of that name. A
 * variable of the manifest is looked for in the settings and then in the process's environment.
 */
export function readConnectorSettings(
  runtime: AgentRuntime,
  connector: Connector,
  environment: Readonly<Record<string, string | undefined>>,
): ConnectorSettings {
  const { id, env } = connector.manifest;
  const written = mergeDeep(
    writtenIn(connectorBlocks(runtime), id),
    writtenIn(runtime.character.settings, id),
  );
  const { accounts, ...base } = written;
  const names = isRecord(accounts) ? Object.keys(accounts) : [];
  const reader = new Reader(runtime, connector);
  const ofBase = { ...reader.known(base, id), ...reader.named("BASE") };
  const ofDefault = reader.named(undefined, Object.keys(env));
  const block = isRecord(accounts)
    ? {
        ...ofBase,
        accounts: Object.fromEntries(
          names.map((name) => {
            const own = accounts[name];
            if (!isRecord(own)) return [name, own];
            const flat = name === DEFAULT_ACCOUNT ? ofDefault : {};
            const known = reader.known(own, `${id}.accounts.${name}`);
            return [name, { ...known, ...flat, ...reader.named("ACCOUNT", [], name) }];
          }),
        ),
      }
    : {
        ...ofBase,
        ...ofDefault,
        ...reader.named("ACCOUNT", [], DEFAULT_ACCOUNT),
        ...(accounts !== undefined && { accounts }),
      };
  const variables = Object.values(env).flat();
  const found = variables.flatMap((name): (readonly [string, string])[] => {
    const value = runtime.getSetting(name) ?? environment[name];
    return value === undefined || value === null || value === "" ? [] : [[name, String(value)]];
  });
  return { block, environment: Object.fromEntries(found), warnings: reader.warnings };
}

/** Blocks of connectors by id, as a `milady.json` has them, in a character or its settings. */
export function connectorBlocks({ character }: AgentRuntime): unknown {
  return "connectors" in character ? character.connectors : character.settings?.["connectors"];
}

function writtenIn(holder: unknown, id: string): Values {
  const written = isRecord(holder) ? holder[id] : undefined;
  return isRecord(written) ? written : {};
}

/** `botToken` is `BOT_TOKEN`. */
function upper(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^a-zA-Z0-9]+/g, "_")
    .toUpperCase();
}

class Reader {
  readonly warnings: string[] = [];
  readonly #runtime: AgentRuntime;
  readonly #connector: Connector;
  readonly #fields: readonly string[];

  constructor(runtime: AgentRuntime, connector: Connector) {
    this.#runtime = runtime;
    this.#connector = connector;
    this.#fields = Object.keys(connector.config.fields.shape);
  }

  /** The fields that the connector has; characters carry settings of other plugins under the same key. */
  known(values: Values, at: string): Values {
    const found: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(values)) {
      if (this.#fields.includes(key)) found[key] = coerce(this.#connector.config.fields, key, value);
      else this.#warn(at, key);
    }
    return found;
  }

  /** Fields with a setting of their own. */
  named(level: "BASE" | "ACCOUNT" | undefined, except: readonly string[] = [], account?: string): Values {
    const prefix = [this.#connector.manifest.id, level, account]
      .flatMap((part) => (part === undefined ? [] : [upper(part)]))
      .join("_");
    const found: Record<string, unknown> = {};
    for (const key of this.#fields) {
      if (except.includes(key)) continue;
      const value = this.#runtime.getSetting(`${prefix}_${upper(key)}`);
      if (value === null || value === undefined || value === "") continue;
      found[key] = coerce(this.#connector.config.fields, key, value);
    }
    return found;
  }

  #warn(at: string, key: string): void {
    const meant = nearest(key, this.#fields);
    const hint = meant === undefined ? "" : ` Did you mean "${meant}"?`;
    this.warnings.push(
      `${at}.${key} is not a setting of ${this.#connector.manifest.name} and is not used.${hint}`,
    );
  }
}
