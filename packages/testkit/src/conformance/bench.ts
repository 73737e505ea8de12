import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ConfigBlock,
  ManualClock,
  type SimulatedAccount,
  type SimulatedChat,
  type SimulatedMessage,
  type SimulatedPerson,
  type SimulatedPlatform,
} from "@elizaos/connector-simulators/kit";
import { Host, type HostOptions } from "./host.js";
import type { Subject } from "./subject.js";
import { passing, type UntilOptions, until } from "./until.js";

/** Shorter parts of a secret, such as the bot's id, may be public. */
const LONG_ENOUGH = 12;

/** Everybody may write anywhere. */
export const OPEN: ConfigBlock = { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "open" };

export interface StartOptions
  extends Partial<Omit<HostOptions, "connector" | "block" | "stateDir" | "clock">> {
  /** Base fields of the block, for all accounts. Default: `OPEN`; given ones are added to it. */
  readonly config?: ConfigBlock;
  /** The accounts that the block has. Default: the bench's own, as `default`. */
  readonly accounts?: Readonly<Record<string, ConfigBlock>>;
  /** Instead of all that: the connector's whole block. */
  readonly block?: unknown;
}

/** A platform, one account and one person on it, a state directory, and the runtimes that a check starts. */
export class Bench {
  readonly subject: Subject;
  readonly stateDir: string;
  readonly #cleanups: (() => unknown)[] = [];
  readonly #hosts: Host[] = [];
  readonly #secrets = new Set<string>();
  #site: SimulatedPlatform | undefined;
  #clock: ManualClock | undefined;

  private constructor(subject: Subject, stateDir: string) {
    this.subject = subject;
    this.stateDir = stateDir;
  }

  static async open(subject: Subject): Promise<Bench> {
    const bench = new Bench(subject, await mkdtemp(join(tmpdir(), "conformance-")));
    bench.#site = await subject.start({});
    return bench;
  }

  get connector() {
    return this.subject.connector;
  }

  get platform(): SimulatedPlatform {
    if (this.#site === undefined) throw new Error("The platform is not running");
    return this.#site;
  }

  /** The platform and every runtime from here on stand still in time until a check turns the clock. */
  async stopTime(): Promise<ManualClock> {
    await this.#site?.close();
    this.#clock = new ManualClock();
    this.#site = await this.subject.start({ clock: this.#clock });
    return this.#clock;
  }

  get account(): SimulatedAccount {
    return this.accountNamed("default");
  }

  accountNamed(name: string): SimulatedAccount {
    const account = this.platform.account(name);
    for (const key of this.connector.manifest.secrets) {
      const value = account.config[key];
      if (typeof value === "string") for (const piece of piecesOf(value)) this.#secrets.add(piece);
    }
    return account;
  }

  get ada(): SimulatedPerson {
    return this.platform.person("Ada");
  }

  get bob(): SimulatedPerson {
    return this.platform.person("Bob");
  }

  /** The private chat of a person, Ada unless told, with an account. */
  dm(person = this.ada, account = this.account): SimulatedChat {
    return this.platform.dm(person, account);
  }

  /** What somebody wrote, as people and agents read it. */
  read(written: string): string {
    const { mention, mentionShown = mention } = this.account;
    return written.replaceAll(mention, mentionShown);
  }

  /** A group of Ada, Bob and the account. */
  group(title = "Team", { threads = false }: { readonly threads?: boolean } = {}): SimulatedChat {
    return this.platform.group(title, { people: [this.ada, this.bob], accounts: [this.account], threads });
  }

  /** A thread of a group that can have some. */
  thread(group: SimulatedChat, title: string): SimulatedChat {
    const opened = group.opensThread?.(title);
    if (opened === undefined) throw new Error("This group has no threads");
    return opened;
  }

  /** Makes a runtime and does not start it. */
  async host({ config = {}, accounts, block, ...options }: StartOptions = {}): Promise<Host> {
    const named = accounts ?? { default: this.account.config };
    const host = await Host.create({
      connector: this.connector,
      block: block ?? { ...OPEN, ...this.subject.options.config, ...config, accounts: named },
      stateDir: this.stateDir,
      ...(this.#clock && { clock: this.#clock }),
      ...options,
    });
    this.#hosts.push(host);
    return host;
  }

  /** A started runtime whose accounts receive. */
  async start(options: StartOptions = {}): Promise<Host> {
    const host = await this.host(options);
    await host.runtime.start();
    return host;
  }

  /** The account's answers in a chat, as soon as there are `count`. */
  async answers(
    chat: SimulatedChat,
    count = 1,
    options: UntilOptions = {},
  ): Promise<readonly SimulatedMessage[]> {
    return until(
      () => {
        const all = chat.answers();
        return all.length >= count ? all : undefined;
      },
      () =>
        `${count} answers stand in the chat; there are ${JSON.stringify(chat.answers().map(({ text }) => text))}. ${this.#hosts.at(-1)?.tail() ?? ""}`,
      options,
    );
  }

  /** Somebody says this in private and gets an answer: what was to happen before has happened by then, or never will. */
  async roundTrip(host: Host, text = "are you there?", options: UntilOptions = {}): Promise<void> {
    const eve = this.platform.person("Eve");
    const chat = this.dm(eve);
    const before = chat.answers().length;
    await chat.says(eve, text);
    await this.answers(chat, before + 1, options);
    if (!host.texts().includes(text)) throw new Error(`The agent was not given "${text}"`);
  }

  /** The runtime that was made last. */
  current(): Host {
    const host = this.#hosts.at(-1);
    if (host === undefined) throw new Error("No runtime was started");
    return host;
  }

  /** Ends what runs; platform and state stay. */
  async stopHosts(): Promise<void> {
    for (const host of this.#hosts)
      await (this.#clock === undefined ? host.stop() : passing(this.#clock, host.stop()));
  }

  /** Runs after the check, last registered first. */
  after(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  /** Ends everything. Rejects when an operator could have read a secret. */
  async close(): Promise<void> {
    await this.stopHosts();
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
    await this.#site?.close();
    await rm(this.stateDir, { recursive: true, force: true });
    const read = this.#hosts.map((host) => host.everything()).join("\n");
    if ([...this.#secrets].some((secret) => read.includes(secret)))
      throw new Error("A secret stands in a log line, an event or a status");
  }
}

/** A secret, what is secret in it, and the forms in which both get into URLs and headers. */
function piecesOf(secret: string): string[] {
  const parts = [secret, ...secret.split(/[:.]/).filter((part) => part.length >= LONG_ENOUGH)];
  return parts.flatMap((part) => [part, encodeURIComponent(part), Buffer.from(part).toString("base64")]);
}
