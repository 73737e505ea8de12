import { proxyField } from "@elizaos/connector-core";
import { z } from "zod";

/** How the Bot API is reached. */
export const networkFields = {
  proxy: proxyField("Telegram"),
  network: z
    .strictObject({
      autoSelectFamily: z
        .boolean()
        .optional()
        .describe("Try IPv6 and IPv4 at the same time. Default: as Node does; false where IPv6 is broken."),
    })
    .optional()
    .describe("Connections to Telegram."),
};
