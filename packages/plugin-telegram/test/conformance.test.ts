import { startTelegramConformance } from "@elizaos/connector-simulators/telegram";
import { conformance } from "@elizaos/connector-testkit";
import { telegram } from "../src/index.js";

// The process that is killed cannot run TypeScript: it loads what was built.
const module = new URL("../dist/index.js", import.meta.url).href;

conformance(telegram, startTelegramConformance, { module });
