// One process that plays Discord, for hosts that are started with it.
import { startDiscordSimulator } from "@elizaos/connector-simulators/discord";

/** Obviously fake, and of the form of real ones. */
const TOKEN = "RkFLRS1UT0tFTg.FAKE.of-bench-bot";

const sim = await startDiscordSimulator();
let bots = 0;
process.on("message", () => {
  bots++;
  const { token } = sim.bot({ token: `${TOKEN}-${bots}`, username: `bench_bot_${bots}` });
  process.send({ type: "bot", token, apiRoot: sim.apiRoot });
});
process.on("disconnect", () => process.exit(1));
process.send({ type: "ready" });
