/** What works inside an agent's runtime, for the one import that is made when there is one. */
export { hubOf } from "./hub.js";
export { sendHandler } from "./outbound.js";
export { registerSending } from "./register-sending.js";
