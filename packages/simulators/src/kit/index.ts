/** The base that every simulator shares: server, clock, journal, faults, admin door. */
export { ADMIN_PATH, AdminDoor } from "./admin.js";
export { type Clock, ManualClock, pause, systemClock } from "./clock.js";
export { SimulatorError } from "./errors.js";
export {
  Fault,
  type FaultKind,
  type FaultRule,
  Faults,
  type FaultTarget,
  faultRuleSchema,
  type Refusal,
} from "./faults.js";
export { Journal, type JournalOptions } from "./journal.js";
export type {
  ConfigBlock,
  GroupOverrides,
  PlatformOptions,
  RequestFlaw,
  SayOptions,
  SimulatedAccount,
  SimulatedButton,
  SimulatedCall,
  SimulatedChat,
  SimulatedFile,
  SimulatedMark,
  SimulatedMessage,
  SimulatedPerson,
  SimulatedPlatform,
  SimulatedPress,
  SimulatedRequest,
  SimulatedWebhooks,
  StartPlatform,
} from "./platform.js";
export { type ProxyServer, startHttpProxy, startSocksProxy } from "./proxy.js";
export {
  type Exchange,
  type Simulator,
  type SimulatorContext,
  type SimulatorEnv,
  SimulatorServer,
  type SimulatorServerOptions,
} from "./server.js";
export { SocketConnection, type SocketRoute, Sockets } from "./sockets.js";
export { DEFAULT_WAIT_MS, type WaitOptions, Watch } from "./watch.js";
