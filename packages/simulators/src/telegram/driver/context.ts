import type { Journal } from "../../kit/journal.js";
import type { Watch } from "../../kit/watch.js";
import type { ApiCall } from "../api.js";
import type { World } from "../world.js";

/** What every handle of the driver works on. */
export interface DriverContext {
  world: World;
  watch: Watch;
  requests: Journal<ApiCall>;
}
