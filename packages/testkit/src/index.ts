export {
  type Check,
  type ConformanceOptions,
  checksFor,
  conformance,
  LINES,
  nameOf,
  readSubject,
  runCheck,
  type Subject,
  type Traits,
} from "./conformance/index.js";
export { ManualClock } from "./manual-clock.js";
