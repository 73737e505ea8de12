import { CONFORMANCE_STICKER, startTelegramConformance } from "@elizaos/connector-simulators/telegram";
import { conformance } from "@elizaos/connector-testkit";
import { telegram } from "../src/index.js";

// The process that is killed cannot run TypeScript: it loads what was built.
const module = new URL("../dist/index.js", import.meta.url).href;

/** Pins are off by default. Topics are no matter of private chats; they are tried in actions-chats.test.ts. */
const config = { actions: { pins: true } };
const poll = { message: "$polls.create.message" };

conformance(telegram, startTelegramConformance, {
  module,
  config,
  actions: {
    "messages.send": { text: "**Look** at this." },
    "messages.edit": { message: "$messages.send.messages.0", text: "Or at that." },
    "messages.delete": { message: "$messages.send.messages.0" },
    "stickers.send": { sticker: CONFORMANCE_STICKER },
    "locations.send": { latitude: 52.52, longitude: 13.4 },
    "contacts.send": { phone: "+4930123456", firstName: "Grace" },
    "reactions.set": { emoji: "👍" },
    "polls.create": { question: "Tea?", options: ["Yes", "No"] },
    "polls.stop": poll,
    "polls.results": poll,
    "pins.add": {},
    "pins.remove": { message: "$pins.add.pinned" },
    "members.get": {},
    "chats.get": {},
  },
});
