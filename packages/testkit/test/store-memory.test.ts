import { createMemoryStore } from "@elizaos/connector-core/store/memory";
import { storeSuite } from "../src/store-suite/index.js";

for (const seed of [1, 2, 3, 20_260_101]) {
  storeSuite(
    `memory store, seed ${seed}`,
    async ({ random }) => {
      const store = createMemoryStore({ random });
      return { store, dispose: () => store.shutdown() };
    },
    { seed },
  );
}
