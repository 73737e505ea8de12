// The floor for a Telegram bot: grammY alone, one `ctx.reply` for each message.
import { Bot, webhookCallback } from "grammy";
import { BOT_INFO, SECRET, TOKEN } from "../constants.mjs";
import { serve } from "./serve.mjs";

export async function start({ apiRoot, mode }) {
  const bot = new Bot(TOKEN, { client: { apiRoot }, botInfo: BOT_INFO });
  bot.on("message:text", (ctx) => ctx.reply(`You said: ${ctx.message.text}`));
  if (mode === "polling") {
    await new Promise((resolve) => bot.start({ onStart: resolve }));
    return { stop: () => {} };
  }
  return await serve(webhookCallback(bot, "http", { secretToken: SECRET }));
}
