import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../scripts/packages.mjs";
import { npm, start } from "./commands.mjs";
import { simulate } from "./platform.mjs";
import { rewrite } from "./publish.mjs";

const EXAMPLES = join(ROOT, "examples");
const NEXT_SERVER = fileURLToPath(new URL("next-server.mjs", import.meta.url));

/** Installs a copy of each example from the registry, starts it as its README says, and writes to it. */
export async function runExamples({ into, names, version, npmrc }) {
  for (const example of readdirSync(EXAMPLES)) {
    if (!existsSync(join(EXAMPLES, example, "package.json"))) continue;
    const cwd = join(into, example);
    cpSync(join(EXAMPLES, example), cwd, { recursive: true });
    rewrite(join(cwd, "package.json"), new Set(names), version);
    writeFileSync(join(cwd, ".npmrc"), npmrc);
    await npm(["install"], { cwd });
    await tryExample(example, cwd);
    console.log(`examples/${example}: answers`);
  }
}

async function tryExample(example, cwd) {
  const platform = await simulate("telegram");
  const program = start("sh", ["-c", `exec ${commandOf(cwd)}`], {
    cwd,
    env: await settings(platform.account),
  });
  try {
    await platform.ask("hello from a user", program, (text) => text.includes("hello from a user"));
  } catch (error) {
    throw new Error(`examples/${example}: ${error.message}`, { cause: error });
  } finally {
    await program.stop();
    await platform.close();
  }
}

/** What `npm start` runs. The files for a Next.js app have no such script: they are run by a server that does what Next.js does. */
function commandOf(cwd) {
  const { scripts } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  if (scripts !== undefined) return scripts.start;
  cpSync(NEXT_SERVER, join(cwd, "server.mjs"));
  return "node server.mjs";
}

async function settings({ botToken, apiRoot }) {
  const port = await freePort();
  return {
    TELEGRAM_BOT_TOKEN: botToken,
    TELEGRAM_API_ROOT: apiRoot,
    TELEGRAM_WEBHOOK_SECRET: "fake-secret-of-the-examples",
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    PORT: String(port),
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
