/** Wrong use of a simulator by a test, a person or another process. The message says what to do instead. */
export class SimulatorError extends Error {
  override readonly name = "SimulatorError";
}
