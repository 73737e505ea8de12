// node scripts/tool.mjs <command> [arguments]: runs a tool of checks/tools.
import { installTools, tool } from "./workspace.mjs";

const [command = "", ...args] = process.argv.slice(2);
process.exitCode = (await installTools()) || (await tool(command, args));
