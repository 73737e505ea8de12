import {
  type Connector,
  ConnectorError,
  type Environment,
  type Identity,
  type Logger,
  resolveAccounts,
  type StateEntry,
  type StateStore,
  systemClock,
  toldOf,
} from "@elizaos/connector-core";
import { UserError } from "../user-error.js";

/** A platform that does not answer for this long, in ms, cannot be reached from here. */
const PATIENCE_MS = 20_000;

/** What the platform says to an account's credentials. */
export type Verdict =
  | { readonly status: "ok"; readonly identity: Identity }
  /** Other credentials may help. */
  | { readonly status: "refused"; readonly reason: string }
  | { readonly status: "unreachable"; readonly reason: string };

/**
 * Asks the platform who the credentials are, with everything else that the block says of the account.
 *
 * @throws UserError when the block itself is wrong
 */
export async function identifyAccount(
  connector: Connector,
  block: unknown,
  account: string,
  environment: Environment,
): Promise<Verdict> {
  const resolved = resolveAccounts(connector, block, environment, undefined, {
    commands: false,
  }).find(({ id }) => id === account);
  if (resolved?.account === undefined) {
    const issues = resolved?.issues ?? [];
    const lines = issues.map(({ path, message }) => `${path}: ${message}`);
    const credentials = new Set(connector.manifest.credentials.flatMap(({ keys }) => keys));
    const isAboutThem = issues.every(({ path }) => credentials.has(path.slice(path.lastIndexOf(".") + 1)));
    if (issues.length > 0 && isAboutThem) return { status: "refused", reason: lines.join(" ") };
    throw new UserError(
      lines.length === 0 ? `the account ${account} is switched off (enabled: false)` : lines,
    );
  }
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const identity = await connector.identify(resolved.account, {
      signal,
      log: SILENT,
      clock: systemClock,
      state: temporaryState(),
      status: () => {},
      secret: () => {},
    });
    return { status: "ok", identity };
  } catch (error) {
    if (signal.aborted) {
      return {
        status: "unreachable",
        reason: `${connector.manifest.name} did not answer within ${PATIENCE_MS / 1_000} s.`,
      };
    }
    if (!ConnectorError.isInstance(error)) throw error;
    return { status: error.retryable ? "unreachable" : "refused", reason: toldOf(error) };
  }
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** For credentials that are only tried: nothing of it is kept. */
function temporaryState(): StateStore {
  const entries = new Map<string, StateEntry>();
  return {
    get: async (key) => entries.get(key),
    list: async (prefix, { limit, after = "" }) =>
      [...entries.values()]
        .filter(({ key }) => key.startsWith(prefix) && key > after)
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .slice(0, limit),
    async batch(changes) {
      const holds = changes.every(
        ({ key, ifVersion }) => ifVersion === undefined || ifVersion === (entries.get(key)?.version ?? 0),
      );
      if (!holds) return false;
      for (const { key, value } of changes) {
        if (value === undefined) entries.delete(key);
        else entries.set(key, { key, value, version: (entries.get(key)?.version ?? 0) + 1 });
      }
      return true;
    },
  };
}
