import { runJob } from "./job.mjs";
const [file, mode, inFlight, chats, messages, options="{}"] = process.argv.slice(2);
console.log(file, mode, inFlight, chats, await runJob({file, mode, options: JSON.parse(options)}, {inFlight: Number(inFlight), chats, messages: Number(messages), warmUp: 2000, maxMs: 8000}));
