import type { APIUser } from "discord-api-types/v10";
import { SimulatorError } from "../../kit/errors.js";
import type { WaitOptions } from "../../kit/watch.js";
import type { Bot, Command } from "../bot.js";
import type { ApiCall } from "../rest/api.js";
import type { DriverContext } from "./context.js";

/** A bot, seen from Discord's side. */
export class BotHandle {
  readonly account: Bot;
  readonly #context: DriverContext;

  constructor(context: DriverContext, account: Bot) {
    this.#context = context;
    this.account = account;
  }

  get token(): string {
    return this.account.token;
  }

  /** Of the bot and of its application. */
  get id(): string {
    return this.account.id;
  }

  get username(): string {
    return this.account.user.username;
  }

  get user(): APIUser {
    return this.account.user;
  }

  /** What one writes to mention the bot. */
  get mention(): string {
    return `<@${this.id}>`;
  }

  /** Whether it has a gateway session with an open connection. */
  get online(): boolean {
    return this.#context.gateway.connected(this.account).length > 0;
  }

  /** Events that no connection has brought it yet, of the newest session of each shard; without a session none are kept. */
  get pendingEvents(): number {
    const newest = new Map(this.account.sessions.map((session) => [session.shard[0], session]));
    return [...newest.values()].reduce((sum, { pending }) => sum + pending, 0);
  }

  /** The presence that it set last, over the gateway. */
  get presence(): unknown {
    return this.account.sessions.at(-1)?.presence;
  }

  /** Ids of its gateway sessions, those that wait to be resumed included; oldest first. */
  sessions(): string[] {
    return this.account.sessions.map(({ id }) => id);
  }

  /** The commands that it registered everywhere. */
  commands(): Command[] {
    return [...(this.account.commands.get("")?.values() ?? [])];
  }

  /** Resolves with its command of this name as soon as it is registered everywhere. */
  async hasCommand(name: string, options: WaitOptions = {}): Promise<Command> {
    return await this.#context.watch.until(
      () => this.commands().find((command) => command.name === name),
      (timeoutMs) =>
        `${this.username} had no command /${name} after ${timeoutMs} ms, but ${this.commands().length} others. The last calls:\n${this.#context.requests.tail(8)}`,
      options,
    );
  }

  /** The calls of this bot in the journal, of one method or of all. */
  calls(method?: string): ApiCall[] {
    return this.#context.requests.all(
      (call) => call.bot === this.username && (method === undefined || call.method === method),
    );
  }

  /** Resolves when it is connected to the gateway and has its session. */
  async comesOnline(options: WaitOptions = {}): Promise<void> {
    await this.#context.watch.until(
      () => (this.online ? true : undefined),
      (timeoutMs) =>
        `${this.username} was not on the gateway within ${timeoutMs} ms. The last calls:\n${this.#context.requests.tail(8)}`,
      options,
    );
  }

  /** The token stops working: 401, and 4004 on the gateway. With a new token the account goes on under that one. */
  revoke(newToken?: string): void {
    const { world, gateway } = this.#context;
    this.account.revoked = true;
    gateway.expel(this.account);
    if (newToken === undefined) return;
    if (world.bots.has(newToken)) throw new SimulatorError("This token is taken already.");
    world.bots.delete(this.account.token);
    this.account.token = newToken;
    this.account.revoked = false;
    world.bots.set(newToken, this.account);
  }

  /** Breaks its gateway connection; the session waits to be resumed. */
  drops(): void {
    this.#context.gateway.drop(this.account);
  }

  /**
   * Its gateway connection stays open and brings nothing any more, no heartbeat acknowledgements either. Only a
   * goodbye is still answered.
   */
  hearsNothing(): void {
    this.#context.gateway.silence(this.account, false);
  }

  /** Like `hearsNothing`, and a goodbye is not answered either: discord.js then waits for another 30 s. */
  freezes(): void {
    this.#context.gateway.silence(this.account, true);
  }

  /** Its heartbeats are not acknowledged any more, while events still come. */
  losesAcks(): void {
    this.#context.gateway.stopAcks(this.account);
  }

  /** Told to reconnect and resume (opcode 7). */
  isAskedToReconnect(): void {
    this.#context.gateway.reconnect(this.account);
  }

  /** Told that its session is invalid (opcode 9). Without `resumable` the session is gone. */
  losesSession(options: { resumable?: boolean } = {}): void {
    this.#context.gateway.invalidate(this.account, options);
  }

  /** Asked for a heartbeat at once (opcode 1). */
  isAskedForHeartbeat(): void {
    this.#context.gateway.askHeartbeat(this.account);
  }

  /** Its gateway connection is closed with this code, such as 4000. */
  isClosedWith(code: number): void {
    this.#context.gateway.close(this.account, code);
  }

  /** So many identifies count against today's 1000. */
  spendsIdentifies(count: number): void {
    this.account.spendIdentifies(count, this.#context.world.clock.now());
  }

  /** The newest event, or the newest of this name, comes once more. */
  redeliver(event?: string): void {
    const repeated = this.account.sessions.map((session) => session.repeat(event));
    if (repeated.every((dispatch) => dispatch === undefined))
      throw new SimulatorError(`${this.username} got no such event yet.`);
  }

  /** The next two events change places. */
  reorder(): void {
    for (const session of this.account.sessions) session.reverseNext();
  }

  /** Sends a raw event, for example from a file of recorded payloads. */
  push(event: string, data: unknown): void {
    for (const session of this.account.sessions) session.dispatch(event, data);
  }
}
