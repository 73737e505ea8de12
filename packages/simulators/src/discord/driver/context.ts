import type { Journal } from "../../kit/journal.js";
import type { Watch } from "../../kit/watch.js";
import type { Gateway } from "../gateway/gateway.js";
import type { PluralKit } from "../pluralkit.js";
import type { ApiCall } from "../rest/api.js";
import type { World } from "../world.js";

/** What every handle of the driver works on. */
export interface DriverContext {
  world: World;
  watch: Watch;
  gateway: Gateway;
  pluralKit: PluralKit;
  requests: Journal<ApiCall>;
}
