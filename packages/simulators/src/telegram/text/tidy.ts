import type { MessageEntity } from "@grammyjs/types";
import { badRequest } from "../errors.js";
import type { FormattedText } from "./html.js";
import { sortEntities } from "./sort.js";

/** Line and direction marks and overlines that Telegram removes. */
const REMOVED = /[\r\u2028-\u202e]|\u0333|\u033f|\u030a/;

/**
 * What Telegram does to a text before it is sent: control characters become spaces, some characters go, white space
 * at both ends goes, entities move along and lose leading white space; empty ones go.
 * @throws ApiError 400 when an entity lies outside the text or begins or ends inside a surrogate pair.
 */
export function tidy({ text, entities }: FormattedText): FormattedText {
  const sorted = sortEntities(entities.filter((entity) => entity.length > 0));
  for (const entity of sorted) checkBounds(text, entity);

  let kept = "";
  /** For each old offset the new one. */
  const moved: number[] = [];
  for (const unit of text.split("")) {
    moved.push(kept.length);
    if (REMOVED.test(unit)) continue;
    kept += unit < " " && unit !== "\n" ? " " : unit;
  }
  moved.push(kept.length);

  const end = kept.replace(/[ \n]+$/, "").length;
  const placed = sorted.map((entity) => {
    const stop = Math.min(moved[entity.offset + entity.length] ?? end, end);
    let start = moved[entity.offset] ?? end;
    while (entity.type !== "custom_emoji" && start < stop && /[ \n]/.test(kept.charAt(start))) start += 1;
    return { ...entity, offset: start, length: stop - start };
  });
  const firstEntity = Math.min(
    end,
    ...placed.filter((entity) => entity.length > 0).map((entity) => entity.offset),
  );
  let begin = 0;
  while (begin < firstEntity && /[ \n]/.test(kept.charAt(begin))) begin += 1;
  return {
    text: kept.slice(begin, end),
    entities: sortEntities(
      placed
        .filter((entity) => entity.length > 0)
        .map((entity) => ({ ...entity, offset: entity.offset - begin })),
    ),
  };
}

function checkBounds(text: string, entity: MessageEntity): void {
  const { offset, length } = entity;
  const end = offset + length;
  if (offset < 0) throw badRequest(`receive an entity with incorrect offset ${offset}`);
  if (offset > text.length)
    throw badRequest(`entity begins after the end of the text at UTF-16 offset ${offset}`);
  if (splitsPair(text, offset)) {
    throw badRequest(
      `entity begins in a middle of a UTF-16 symbol at byte offset ${byteAfter(text, offset)}`,
    );
  }
  if (end > text.length) {
    throw badRequest(
      `entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${end}`,
    );
  }
  if (splitsPair(text, end)) {
    throw badRequest(
      `entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol at byte offset ${byteAfter(text, end)}`,
    );
  }
}

function splitsPair(text: string, offset: number): boolean {
  return /[\ud800-\udbff]/.test(text.charAt(offset - 1)) && /[\udc00-\udfff]/.test(text.charAt(offset));
}

function byteAfter(text: string, offset: number): number {
  return Buffer.byteLength(text.slice(0, offset + 1));
}
