/** Time that stands still until a test turns it; the same clock serves core and simulators. */
export { ManualClock } from "@elizaos/connector-simulators/kit";
