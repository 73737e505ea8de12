import { conformance } from "@elizaos/connector-testkit";
import { startToyConformance, toy } from "@elizaos/connector-testkit/toy";

conformance(toy, startToyConformance, { module: "@elizaos/connector-testkit/toy" });
