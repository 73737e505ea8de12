import { channelPayload } from "../../render.js";
import { channelIn } from "../find.js";
import { nothing, route } from "../route.js";

const getChannel = route("getChannel", "GET /channels/:channel", nothing, (context) =>
  channelPayload(channelIn(context), context.bot.id),
);

export const channelRoutes = [getChannel];
