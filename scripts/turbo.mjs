// node scripts/turbo.mjs <task> [turbo arguments]: installs, then runs a task of turbo.json.
import { exclusively, installAndRun } from "./workspace.mjs";

const [task, ...args] = process.argv.slice(2);
process.exitCode = await exclusively(() => installAndRun(task, args));
