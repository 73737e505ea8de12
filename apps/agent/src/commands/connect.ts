import { dirname } from "node:path";
import {
  type Connector,
  createRedactor,
  DEFAULT_ACCOUNT,
  type Environment,
  type Identity,
  isRecord,
  type Json,
  type Manifest,
} from "@elizaos/connector-core";
import { commandNames } from "../command-names.js";
import { checkConfig } from "../config/check.js";
import { type ConfigChange, withValue } from "../config/edit.js";
import { findConfigFile } from "../config/find.js";
import { unknownConnector } from "../config/ids.js";
import type { ConfigOptions } from "../config/load.js";
import { type ConnectorRow, rowOf } from "../config/plugin-auto-enable.js";
import { findPlugin } from "../config/plugins.js";
import { type DmPolicy, openQuestions, type Questions, readInput } from "../connect/ask.js";
import { type ConfigFile, openConfigFile } from "../connect/config-file.js";
import { identifyAccount } from "../connect/identify.js";
import {
  ACCOUNT_NAME,
  type AccountPlace,
  inEnvironment,
  isConnected,
  placeOf,
  settingOf,
} from "../connect/place.js";
import { connectControl } from "../control/client.js";
import { knownSecrets } from "../known-secrets.js";
import { readSettings, type Settings } from "../settings.js";
import { hasTerminal } from "../terminal/keys.js";
import { oneLine } from "../text.js";
import { UsageError, UserError } from "../user-error.js";
import { printLines } from "./print.js";

export interface ConnectOptions extends ConfigOptions {
  readonly account?: string;
  readonly tokenStdin?: boolean;
  readonly dmPolicy?: string;
  /** Ids, separated by commas. */
  readonly allowFrom?: string;
  readonly replace?: boolean;
}

/** So often a person may mistype a token. */
const MAX_TRIES = 3;
const POLICIES: readonly DmPolicy[] = ["pairing", "allowlist", "open"];

/** `milady connect`: asks for credentials, checks them with the platform, writes them to the config. */
export async function connect(id: string, options: ConnectOptions): Promise<void> {
  const policy = readPolicy(options);
  if (options.account !== undefined && !ACCOUNT_NAME.test(options.account))
    throw new UsageError("--account: use letters, digits, - and _");
  const settings = readSettings(process.env, process.cwd());
  const row = rowOf(id);
  if (row === undefined) throw new UserError(unknownConnector(id));
  const file = openConfigFile(options, settings);
  const { manifest, connector } = await loadConnector(row, [...new Set([dirname(file.path), settings.cwd])]);
  const environment: Environment = { ...checkConfig(file.config).env, ...settings.environment };
  const account = options.account ?? DEFAULT_ACCOUNT;
  const place = placeOf(file.config, manifest, options.account, environment);
  const questions = hasTerminal() ? await openQuestions() : undefined;

  if (isConnected(place, file.config, manifest) && options.replace !== true) {
    if (questions === undefined || options.tokenStdin === true)
      throw new UserError(
        `${file.shown}: ${place.account.join(".")} has credentials already; --replace replaces them, --account NAME adds another account`,
      );
    if (!(await questions.replace(account))) throw new UserError("nothing was written");
  }

  const { values, identity } = await credentials({
    connector,
    place,
    account,
    config: file.config,
    environment: without(environment, inEnvironment(manifest, environment)),
    questions: options.tokenStdin === true && process.stdin.isTTY !== true ? undefined : questions,
  });
  const access = await accessChanges(place, file.config, policy, options.allowFrom, questions);
  file.write([...place.also, ...values, ...access]);
  printLines(await closing({ identity, manifest, place, account, file, environment, settings }));
}

async function loadConnector(
  row: ConnectorRow,
  folders: readonly string[],
): Promise<{ readonly manifest: Manifest; readonly connector: Connector }> {
  const plugin = await findPlugin(row, folders);
  if (plugin.status === "missing")
    throw new UserError(`${row.package} is not installed; run: pnpm add ${row.package}`);
  if (plugin.status === "unusable") throw new UserError(plugin.reason);
  return { manifest: plugin.manifest, connector: await plugin.load() };
}

interface CredentialOptions {
  readonly connector: Connector;
  readonly place: AccountPlace;
  readonly account: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  readonly questions: Questions | undefined;
}

/** Asks until the platform accepts what was given. */
async function credentials(
  options: CredentialOptions,
): Promise<{ readonly values: readonly ConfigChange[]; readonly identity: Identity }> {
  const { connector, place, account, config, environment, questions } = options;
  const { manifest } = connector;
  const [wanted] = manifest.credentials;
  for (let attempt = 1; ; attempt++) {
    const given = questions === undefined ? await pipedValue(wanted.keys) : await asked(questions, manifest);
    remember(given, manifest);
    const values = Object.entries(given).map(
      ([key, value]): ConfigChange => ({ path: [...place.account, key], value }),
    );
    const tried = [...place.also, ...values].reduce<unknown>(
      (whole, { path, value }) => withValue(whole, path, value),
      config,
    );
    const [root, key] = place.block;
    const blocks = isRecord(tried) ? tried[root] : undefined;
    const block = isRecord(blocks) && key !== undefined ? blocks[key] : undefined;
    const verdict = await identifyAccount(connector, block, account, environment);
    if (verdict.status === "ok") return { values, identity: verdict.identity };
    if (verdict.status === "unreachable")
      throw new UserError(
        `${sentence(verdict.reason)} Nothing was written; try again when it can be reached.`,
      );
    if (questions === undefined || attempt >= MAX_TRIES)
      throw new UserError(`${sentence(verdict.reason)} Nothing was written.`);
    questions.problem(knownSecrets.redact(verdict.reason));
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

async function asked(questions: Questions, manifest: Manifest): Promise<Record<string, string>> {
  const [{ keys, where }] = manifest.credentials;
  const given: Record<string, string> = {};
  for (const key of keys) given[key] = await questions.value(key, manifest, where);
  return given;
}

async function pipedValue(keys: readonly string[]): Promise<Record<string, string>> {
  const [key, ...others] = keys;
  if (key === undefined || others.length > 0)
    throw new UserError(`several values are needed (${keys.join(", ")}): connect in a terminal`);
  const value = await readInput();
  if (value === "")
    throw new UserError(
      "there is no terminal to ask in, and standard input is empty: give the token with --token-stdin < FILE",
    );
  return { [key]: value };
}

/** From here on no message of this process shows them. */
function remember(given: Readonly<Record<string, string>>, { secrets }: Manifest): void {
  const redactor = createRedactor();
  for (const [key, value] of Object.entries(given)) if (secrets.includes(key)) redactor.add(value);
  const before = knownSecrets.redact;
  knownSecrets.redact = (text) => redactor.redact(before(text));
}

function readPolicy({ dmPolicy, allowFrom }: ConnectOptions): DmPolicy | undefined {
  const policy = POLICIES.find((each) => each === dmPolicy);
  if (dmPolicy !== undefined && policy === undefined)
    throw new UsageError(`--dm-policy: must be ${POLICIES.join(", ")}, not "${dmPolicy}"`);
  if (policy === "allowlist" && allowFrom === undefined)
    throw new UsageError("--dm-policy allowlist needs --allow-from with the ids that may write");
  return policy;
}

/** Who may write: what was asked for, else what the file says, else what a person answers, else pairing. */
async function accessChanges(
  place: AccountPlace,
  config: Readonly<Record<string, unknown>>,
  wanted: DmPolicy | undefined,
  allowFrom: string | undefined,
  questions: Questions | undefined,
): Promise<readonly ConfigChange[]> {
  const change = (key: string, value: Json): ConfigChange => ({ path: [...place.account, key], value });
  const ids = (text: string) =>
    text
      .split(",")
      .map((id) => id.trim())
      .filter((id) => id !== "");
  const lists = allowFrom === undefined ? [] : [change("allowFrom", ids(allowFrom))];
  if (wanted === undefined && settingOf(place, config, "dmPolicy") !== undefined) return lists;
  const policy = wanted ?? (await questions?.dmPolicy()) ?? "pairing";
  if (policy === "open") return [change("dmPolicy", policy), change("allowFrom", ["*"])];
  if (policy === "allowlist" && allowFrom === undefined && questions !== undefined)
    return [change("dmPolicy", policy), change("allowFrom", ids(await questions.senders()))];
  return [change("dmPolicy", policy), ...lists];
}

interface ClosingOptions {
  readonly identity: Identity;
  readonly manifest: Manifest;
  readonly place: AccountPlace;
  readonly account: string;
  readonly file: ConfigFile;
  readonly environment: Environment;
  readonly settings: Settings;
}

/** What was done, and what to do next. */
async function closing(options: ClosingOptions): Promise<string[]> {
  const { identity, manifest, place, account, file, environment, settings } = options;
  const { milady, start } = commandNames(process.env);
  const name = oneLine(identity.name ?? identity.id);
  const variables = account === DEFAULT_ACCOUNT ? inEnvironment(manifest, environment) : [];
  const isRunning = (await connectControl(settings.stateDir)) !== undefined;
  return [
    `${manifest.name} says: this is ${name} (id ${oneLine(identity.id)}).`,
    `${file.shown}: ${place.account.join(".")} is written. The file holds a secret: it is readable by you only; keep it out of version control.`,
    ...variables.map(
      (variable) =>
        `Mind: ${variable} is set in the environment and wins over the file. Unset it to use this account.`,
    ),
    isRunning
      ? "Next: restart the host that is running; it reads the config when it starts."
      : `Next: ${start}${isUsual(file, settings) ? "" : ` --config ${file.shown}`}`,
    `Then write to ${name}. A stranger is shown a code: ${milady} pairing list.`,
  ];
}

/** Whether the host finds the file by itself. */
function isUsual({ path }: ConfigFile, settings: Settings): boolean {
  return findConfigFile(undefined, settings) === path;
}

function without(environment: Environment, names: readonly string[]): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}
