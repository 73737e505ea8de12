import { startDiscordConformance } from "@elizaos/connector-simulators/discord";
import { conformance } from "@elizaos/connector-testkit";
import { discord } from "../src/index.js";

// The process that is killed cannot run TypeScript: it loads what was built.
const module = new URL("../dist/index.js", import.meta.url).href;

// People react to what others wrote as well.
const config = { reactionNotifications: "all" };

conformance(discord, startDiscordConformance, { module, config });
