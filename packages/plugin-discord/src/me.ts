import { type Identity, Transient } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import type { Rest } from "./rest.js";

const userSchema = z.object({ id: z.string(), username: z.string(), bot: z.boolean().optional() });
const applicationSchema = z.object({ id: z.string(), flags: z.int().default(0) });

/** Asks Discord whose token it is. Throws the contract's errors. */
export async function getMe(rest: Rest, signal: AbortSignal, limitMs?: number): Promise<Identity> {
  const raw = await rest.call({
    call: "GET own user",
    method: "GET",
    route: Routes.user(),
    signal,
    ...(limitMs === undefined ? {} : { limitMs }),
  });
  const user = userSchema.safeParse(raw);
  if (user.success) return { id: user.data.id, name: `@${user.data.username}` };
  throw new Transient("The server answers, but not with a user.", {
    where: "GET own user",
    mend: "Check that apiRoot is Discord's API.",
  });
}

export interface Application {
  readonly id: string;
  /** Bits of `ApplicationFlags`. */
  readonly flags: number;
}

export async function getApplication(rest: Rest, signal: AbortSignal): Promise<Application> {
  const raw = await rest.call({
    call: "GET own application",
    method: "GET",
    route: Routes.currentApplication(),
    signal,
  });
  const application = applicationSchema.safeParse(raw);
  if (application.success) return application.data;
  throw new Transient("The server answers, but not with an application.", { where: "GET own application" });
}
