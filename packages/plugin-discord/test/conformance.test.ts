import { startDiscordConformance } from "@elizaos/connector-simulators/discord";
import { conformance } from "@elizaos/connector-testkit";
import { discord } from "../src/index.js";

// The process that is killed cannot run TypeScript: it loads what was built.
const module = new URL("../dist/index.js", import.meta.url).href;

const config = {
  // People react to what others wrote as well.
  reactionNotifications: "all",
  // What the suite has people choose from the menu of commands.
  customCommands: [{ command: "plan", description: "Plan a trip" }],
};

const message = "$messages.send.messages.0";
const poll = { message: "$polls.create.message" };

conformance(discord, startDiscordConformance, {
  module,
  config,
  // Those of private chats; the others are tried in actions-server.test.ts.
  actions: {
    "messages.send": { text: "**Look** at this." },
    "messages.edit": { message, text: "Or at that." },
    "messages.delete": { message },
    "messages.read": { message: "$message" },
    "messages.history": { limit: 5 },
    "reactions.add": { emoji: "👍" },
    "reactions.remove": { message: "$reactions.add.message" },
    "reactions.list": {},
    "polls.create": { question: "Tea?", answers: ["Yes", "No"] },
    "polls.end": poll,
    "polls.results": poll,
    "pins.add": {},
    "pins.remove": { message: "$pins.add.pinned" },
    "pins.list": {},
    "channels.get": {},
  },
});
