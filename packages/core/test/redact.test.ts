import { collectSecrets, createRedactor, mask, nearest } from "@elizaos/connector-core";
import { expect, it } from "vitest";

it("masks every known secret wherever it appears, one mask per part between colons", () => {
  const redactor = createRedactor();
  collectSecrets(
    {
      botToken: "123456:ABC-DEF",
      groups: { g: { key: "s3cret-value" } },
      accounts: { a: { botToken: "999999:XYZ" } },
    },
    ["botToken", "groups.*.key"],
    redactor,
  );
  expect(redactor.redact("POST /bot123456:ABC-DEF/getMe with s3cret-value, then 999999:XYZ")).toBe(
    "POST /bot****:****/getMe with ****, then ****:****",
  );
});

it("masks the longer of two secrets that overlap", () => {
  const redactor = createRedactor();
  redactor.add("abcdef");
  redactor.add("abcdef-ghijkl");
  expect(redactor.redact("abcdef-ghijkl abcdef")).toBe("**** ****");
});

it("treats a secret as text, not as a pattern", () => {
  const redactor = createRedactor();
  redactor.add("a.c(d)[e]*$^|\\");
  expect(redactor.redact("a.c(d)[e]*$^|\\ abc")).toBe("**** abc");
});

it("leaves ordinary words alone", () => {
  const redactor = createRedactor();
  redactor.add("the");
  redactor.add("  ");
  expect(redactor.redact("the end")).toBe("the end");
  expect(mask("user:pass")).toBe("****:****");
  expect(mask("plain")).toBe("****");
});

it("finds the nearest key, and none when nothing is near", () => {
  expect(nearest("requiremention", ["requireMention", "enabled"])).toBe("requireMention");
  expect(nearest("telegrm", ["telegram", "twitter"])).toBe("telegram");
  expect(nearest("xyzzy", ["telegram", "twitter"])).toBeUndefined();
});
