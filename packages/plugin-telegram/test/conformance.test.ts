import { startTelegramConformance } from "@elizaos/connector-simulators/telegram";
import { conformance } from "@elizaos/connector-testkit";
import { telegram } from "../src/index.js";

conformance(telegram, startTelegramConformance);
