import { z } from "zod";
import { idList } from "../config/id-list.js";

/** A time-out denies; longer than a week nobody remembers what was asked. */
const LONGEST_S = 7 * 24 * 60 * 60;
const EVERYBODY = /^(?:\*|@[^:]*)$/;

/**
 * For connectors on which people can approve what an agent wants to do: spread it beside `commonFields`.
 *
 * @param ids the connector's own form of a list of ids
 */
export function approvalFields(ids: z.ZodType<string[], (string | number)[]> = idList) {
  return {
    execApprovals: z
      .strictObject({
        enabled: z
          .boolean()
          .default(false)
          .describe("Ask people before the agent does what needs an approval."),
        approvers: ids
          .refine((list) => !list.some((id) => EVERYBODY.test(id)), {
            error:
              "must name people one by one, by id: whoever is listed may approve whatever the agent asks for",
          })
          .prefault([])
          .describe("Sender ids of those who decide. Empty: the `owners` of this connector."),
        actions: z
          .array(z.string().min(1))
          .default([])
          .describe("Actions that need an approval, by name; `pins.*` for all that begin so, `*` for all."),
        timeoutSeconds: z
          .number()
          .int()
          .positive()
          .max(LONGEST_S)
          .default(1_800)
          .describe("After so many s without a decision it is denied."),
        agentFilter: z
          .array(z.string())
          .optional()
          .describe("Only agents of these names may ask; others are denied. Default: all."),
        sessionFilter: z
          .array(z.string().min(1))
          .optional()
          .describe(
            "Only in sessions whose key contains one of these may be asked; `*` stands for any text. Default: in all.",
          ),
      })
      .prefault({})
      .describe("Who decides about what the agent may do only with an approval."),
  } as const;
}

export type ApprovalConfig = z.output<ReturnType<typeof approvalFields>["execApprovals"]>;

/** Whether a list with `*` for any text says something that is in a text. */
export function containsOne(list: readonly string[], text: string): boolean {
  return list.some((written) => {
    let from = 0;
    return written.split("*").every((piece) => {
      const at = text.indexOf(piece, from);
      from = at + piece.length;
      return at >= 0;
    });
  });
}
