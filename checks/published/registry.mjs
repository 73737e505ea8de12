import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { runServer } from "verdaccio";
import { npmConfig } from "./commands.mjs";

/**
 * A registry on a free port of this machine that keeps `names` itself and asks the configured registry for the rest of our scope. It
 * ends with this process.
 */
export async function startRegistry(folder, names) {
  mkdirSync(folder, { recursive: true });
  const cafile = await npmConfig("cafile");
  const own = { access: "$all", publish: "$all" };
  const app = await runServer({
    configPath: join(folder, "config.yaml"),
    storage: join(folder, "storage"),
    uplinks: {
      configured: { url: await npmConfig("registry"), ...(cafile !== "null" && { ca: cafile }) },
    },
    packages: {
      ...Object.fromEntries(names.map((name) => [name, own])),
      "@elizaos/*": { access: "$all", proxy: "configured" },
    },
    auth: {},
    log: { type: "stdout", format: "pretty", level: "error" },
    max_body_size: "100mb",
    web: { enable: false },
  });
  await new Promise((resolve, reject) => {
    app.once("error", reject);
    app.listen(0, "127.0.0.1", resolve);
  });
  const host = `127.0.0.1:${app.address().port}`;
  return {
    /** For the file `.npmrc` of a folder in which our packages are installed or published. All else is the machine's own config. */
    npmrc: `@elizaos:registry=http://${host}/\n//${host}/:_authToken=anybody\n`,
    close: () => {
      app.closeAllConnections();
      return new Promise((resolve) => app.close(resolve));
    },
  };
}
