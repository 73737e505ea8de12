import { z } from "zod";
import { badRequest } from "../errors.js";
import { replyMarkup, text } from "../params.js";
import { method } from "./method.js";
import { place, placeOf } from "./place.js";

const float = z.union([z.number(), z.string().transform(Number)]);
/** Bot API: sendLocation. */
const MAX_ACCURACY_M = 1_500;

export const sendLocation = method(
  "sendLocation",
  {
    ...place,
    latitude: float.optional(),
    longitude: float.optional(),
    horizontal_accuracy: float.optional(),
    reply_markup: replyMarkup.optional(),
  },
  (context, params) => {
    const post = placeOf(context, params);
    return post({ location: locationOf(params) });
  },
);

export const sendVenue = method(
  "sendVenue",
  {
    ...place,
    latitude: float.optional(),
    longitude: float.optional(),
    title: text.default(""),
    address: text.default(""),
    reply_markup: replyMarkup.optional(),
  },
  (context, params) => {
    const { title, address } = params;
    const post = placeOf(context, params);
    const location = locationOf(params);
    if (title === "") throw badRequest("title must be non-empty");
    if (address === "") throw badRequest("address must be non-empty");
    // Telegram shows a venue's place as a location too (Bot API: Message.venue).
    return post({ location, venue: { location, title, address } });
  },
);

export const sendContact = method(
  "sendContact",
  {
    ...place,
    phone_number: text.default(""),
    first_name: text.default(""),
    last_name: text.optional(),
    reply_markup: replyMarkup.optional(),
  },
  (context, params) => {
    const { phone_number, first_name, last_name } = params;
    const post = placeOf(context, params);
    if (phone_number === "") throw badRequest("phone number must be non-empty");
    if (first_name === "") throw badRequest("first name must be non-empty");
    return post({
      contact: { phone_number, first_name, ...(last_name === undefined ? {} : { last_name }) },
    });
  },
);

function locationOf({
  latitude,
  longitude,
  horizontal_accuracy: accuracy,
}: {
  latitude?: number | undefined;
  longitude?: number | undefined;
  horizontal_accuracy?: number | undefined;
}) {
  if (latitude === undefined) throw badRequest("latitude is empty");
  if (longitude === undefined) throw badRequest("longitude is empty");
  const isOnEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  if (!isOnEarth || (accuracy ?? 0) < 0 || (accuracy ?? 0) > MAX_ACCURACY_M)
    throw badRequest("wrong location specified");
  return { latitude, longitude, ...(accuracy === undefined ? {} : { horizontal_accuracy: accuracy }) };
}
