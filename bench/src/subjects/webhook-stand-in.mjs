// Until the connector has a webhook mode of its own: the same connector with a webhook around its reader. Its poll is
// held by the API server all the while.
import { timingSafeEqual } from "node:crypto";
import { readUpdate } from "../../../packages/plugin-telegram/dist/inbound/index.js";
import { SECRET } from "../constants.mjs";
import { PATH } from "./serve.mjs";

const BOT = { id: "4242", username: "bench_bot" };
const expected = Buffer.from(SECRET);

export function withWebhook(connector) {
  return {
    ...connector,
    webhook: {
      path: () => PATH,
      verify(request) {
        const given = Buffer.from(request.headers["x-telegram-bot-api-secret-token"] ?? "");
        return given.length === expected.length && timingSafeEqual(given, expected)
          ? { ok: true, value: request.body }
          : { ok: false, response: { status: 401 }, reason: "wrong secret" };
      },
      parse(body) {
        const { reading } = readUpdate(JSON.parse(Buffer.from(body).toString()), BOT);
        return [{ account: "default", events: reading.type === "event" ? [reading.event] : [] }];
      },
      reply: () => ({ status: 200 }),
    },
  };
}
