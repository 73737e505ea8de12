import { z } from "zod";
import type { BotAccount } from "../bot.js";
import { badRequest, simulatorRefusal } from "../errors.js";
import type { UploadedFile } from "../request.js";
import type { CallInAnswer } from "../webhook.js";
import type { World } from "../world.js";

/** What a method has at hand. */
export interface MethodContext {
  world: World;
  bot: BotAccount;
  files: Map<string, UploadedFile>;
  gone: AbortSignal;
  /** Makes a call of the same bot that came in the answer to a webhook's request. */
  call: CallInAnswer;
}

/** A result with Telegram's `description` beside it. */
export class Described {
  readonly result: unknown;
  readonly description: string;

  constructor(result: unknown, description: string) {
    this.result = result;
    this.description = description;
  }
}

export interface Method {
  name: string;
  /** The parameters it takes. */
  parameters: ReadonlySet<string>;
  run: (context: MethodContext, params: Record<string, unknown>) => unknown;
}

/**
 * A Bot API method.
 * @param shape Its parameters. Those of the real API that are missing here are not simulated.
 */
export function method<S extends z.ZodRawShape>(
  name: string,
  shape: S,
  run: (context: MethodContext, params: z.output<z.ZodObject<S>>) => unknown,
): Method {
  const schema = z.object(shape);
  return {
    name,
    parameters: new Set(Object.keys(shape)),
    run: (context, params) => {
      const parsed = schema.safeParse(params);
      if (parsed.success) return run(context, parsed.data);
      const [issue] = parsed.error.issues;
      if (issue?.code === "custom") throw badRequest(issue.message);
      throw simulatorRefusal(`${name}: parameter "${issue?.path.join(".")}": ${issue?.message}`);
    },
  };
}
