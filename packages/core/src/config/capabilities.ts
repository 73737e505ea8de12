import { BUTTONS_FLAG, buttonScopeOf } from "../buttons/scope.js";
import type { Connection } from "../contract/connection.js";
import type { Connector } from "../contract/connector.js";
import type { ConfigIssue } from "../contract/errors.js";
import type { Features, Limits } from "../contract/features.js";
import type { CommonConfig } from "./fields.js";
import { isRecord } from "./merge.js";
import { nearest } from "./nearest.js";

const OPERATION_FLAGS = {
  react: { flag: "reactions", description: "React to messages." },
  edit: { flag: "edits", description: "Change messages that were sent." },
  delete: { flag: "deletions", description: "Delete messages that were sent." },
} as const;

/** The flags that `capabilities` of a connector's block may list, each with what it stands for. */
export function knownCapabilities({
  features,
  capabilities = {},
}: Pick<Connector, "features" | "capabilities">): Readonly<Record<string, string>> {
  const operations = Object.entries(OPERATION_FLAGS).flatMap(([kind, { flag, description }]) =>
    kind in features.operations ? [[flag, description] as const] : [],
  );
  return {
    streaming: "Show answers while they are being written.",
    ...(features.typing === undefined ? {} : { typing: "Show that the agent is at work." }),
    ...(features.buttons === undefined ? {} : { [BUTTONS_FLAG]: "Offer buttons under messages." }),
    ...Object.fromEntries(operations),
    ...capabilities,
  };
}

/** Flags that the connector does not know. */
export function capabilityIssues(
  connector: Connector,
  config: unknown,
  locate: (path: string) => string,
): ConfigIssue[] {
  const listed = isRecord(config) ? config["capabilities"] : undefined;
  if (!Array.isArray(listed)) return [];
  const known = Object.keys(knownCapabilities(connector));
  return listed.map(String).flatMap((flag, index) => {
    if (known.includes(flag)) return [];
    const guess = nearest(flag, known);
    const hint = guess === undefined ? `known: ${known.join(", ")}` : `did you mean "${guess}"?`;
    return [{ path: `${locate("capabilities")}.${index}`, message: `unknown flag "${flag}"; ${hint}` }];
  });
}

/** What of a connection an account's config leaves on. */
export class Capabilities {
  /** Undefined: all. */
  readonly #listed: ReadonlySet<string> | undefined;
  readonly #hasButtons: boolean;

  constructor(config: CommonConfig) {
    const { capabilities } = config;
    this.#listed = Array.isArray(capabilities) ? new Set(capabilities) : undefined;
    this.#hasButtons = buttonScopeOf(config) !== "off";
  }

  has(flag: string): boolean {
    return this.#listed?.has(flag) ?? true;
  }

  /** The connection with a `supports` that leaves out what is off; the connection itself where nothing is. */
  within(connection: Connection): Connection {
    if (this.#listed === undefined && this.#hasButtons) return connection;
    const supports: Connection["supports"] = (to) => this.#without(connection.supports(to));
    return new Proxy(connection, {
      get(target, name) {
        if (name === "supports") return supports;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }

  #without({ typing, draft, buttons, operations, ...rest }: Features & Limits): Features & Limits {
    const kept = Object.entries(operations).filter(
      ([kind]) => !isGated(kind) || this.has(OPERATION_FLAGS[kind].flag),
    );
    return {
      ...rest,
      operations: Object.fromEntries(kept),
      ...(typing !== undefined && this.has("typing") && { typing }),
      ...(draft !== undefined && this.has("streaming") && { draft }),
      ...(buttons !== undefined && this.#hasButtons && { buttons }),
    };
  }
}

function isGated(kind: string): kind is keyof typeof OPERATION_FLAGS {
  return Object.hasOwn(OPERATION_FLAGS, kind);
}
