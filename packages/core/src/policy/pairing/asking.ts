import type { StateChange } from "../../contract/connection.js";
import type { InboundEvent } from "../../contract/event.js";
import { CODE_LIFETIME_MS, newCode } from "./codes.js";
import type { PairingAccount } from "./records.js";
import type { Registry } from "./registry.js";
import { keyOf, type OpenRequest, type RequestTable, toStored } from "./table.js";

/** Longer names, in UTF-16 units, are cut: they are for people to read. */
const MAX_NAME = 200;

/** A new request on its way into the store: its changes go into the commit that holds its event. */
export interface NewRequest {
  readonly changes: readonly StateChange[];
  /** To be called after the commit. */
  kept(): Promise<void>;
  /** To be called instead when the commit failed. */
  undo(): void;
}

/**
 * What a held message leads to: a new request, or nothing while an earlier one is still open. No code yet: it is made when it
 * is sent.
 *
 * @param seq the event's number
 * @param current the id that an id goes by now, after renames
 */
export async function askForPairing(
  registry: Registry,
  owner: PairingAccount,
  event: InboundEvent,
  seq: number,
  current: (id: string) => string,
): Promise<NewRequest | undefined> {
  const table = await registry.table(owner);
  const { sender } = event;
  const open = [sender.id, ...(sender.aliases ?? [])].flatMap((id) => table.get(current(id)) ?? [])[0];
  if (open !== undefined) {
    await wroteAgain(registry, owner, table, open, seq);
    return undefined;
  }
  const now = registry.clock.now();
  const name = sender.name ?? sender.username;
  const request = {
    id: newCode(),
    code: null,
    name: name?.slice(0, MAX_NAME).toWellFormed() ?? null,
    createdAt: now,
    expiresAt: now + CODE_LIFETIME_MS,
    event: seq,
    isRepeated: false,
  };
  // Nothing is waited for between the look and this, so that one sender never makes two requests.
  const victims = table.makeRoom();
  const added = table.add(request, current(sender.id), 0);
  const key = keyOf(added);
  return {
    changes: [
      ...victims.map((victim) => ({ key: keyOf(victim), value: undefined })),
      // Whatever may be left there is replaced and its versions with it.
      { key, value: undefined },
      { key, value: toStored(added), expiresAt: added.expiresAt },
    ],
    kept: async () => {
      added.version = 1;
      if (keyOf(added) !== key) await move(registry, owner, table, added, key);
    },
    undo: () => {
      table.remove(added);
      for (const victim of victims) table.restore(victim);
    },
  };
}

/** Who writes again is kept longer and served sooner. */
async function wroteAgain(
  registry: Registry,
  owner: PairingAccount,
  table: RequestTable,
  request: OpenRequest,
  seq: number,
): Promise<void> {
  table.wrote(request, seq);
  if (request.isRepeated || request.version === 0) return;
  request.isRepeated = true;
  await table.alone(async () => {
    const { version, expiresAt } = request;
    const change = { key: keyOf(request), value: toStored(request), ifVersion: version, expiresAt };
    if (await registry.write(owner, [change])) request.version += 1;
  });
}

/** The sender was renamed while the request was on its way into the store. */
async function move(
  registry: Registry,
  owner: PairingAccount,
  table: RequestTable,
  request: OpenRequest,
  from: string,
): Promise<void> {
  await table.alone(async () => {
    const { expiresAt } = request;
    const changes = [
      { key: from, value: undefined },
      { key: keyOf(request), value: undefined },
      { key: keyOf(request), value: toStored(request), expiresAt },
    ];
    await registry.write(owner, changes);
  });
}
