import type { Message, MessageEntity } from "@grammyjs/types";
import { beforeEach, describe, expect, it } from "vitest";
import { open, post, refusal } from "./support.js";

let send: (html: string) => Promise<Message.TextMessage>;
let sendEntities: (text: string, ...entities: MessageEntity[]) => Promise<Message.TextMessage>;

beforeEach(async () => {
  const { sim, api } = await open();
  const ada = sim.user("Ada", { id: 700 });
  await ada.says("hi");
  send = (html) => api.sendMessage(ada.id, html, { parse_mode: "HTML" });
  sendEntities = (text, ...entities) => api.sendMessage(ada.id, text, { entities });
});

describe("HTML", () => {
  it.each([
    [
      "<b>a</b><strong>b</strong>",
      "ab",
      [
        ["bold", 0, 1],
        ["bold", 1, 1],
      ],
    ],
    [
      "<i>a</i> <em>b</em>",
      "a b",
      [
        ["italic", 0, 1],
        ["italic", 2, 1],
      ],
    ],
    [
      "<u>a</u><ins>b</ins>",
      "ab",
      [
        ["underline", 0, 1],
        ["underline", 1, 1],
      ],
    ],
    [
      "<s>a</s><del>b</del><strike>c</strike>",
      "abc",
      [
        ["strikethrough", 0, 1],
        ["strikethrough", 1, 1],
        ["strikethrough", 2, 1],
      ],
    ],
    [
      '<tg-spoiler>a</tg-spoiler> <span class="tg-spoiler">b</span>',
      "a b",
      [
        ["spoiler", 0, 1],
        ["spoiler", 2, 1],
      ],
    ],
    [
      "<code>a</code> <pre>b</pre>",
      "a b",
      [
        ["code", 0, 1],
        ["pre", 2, 1],
      ],
    ],
    [
      "<blockquote>a</blockquote>\n<blockquote expandable>b</blockquote>",
      "a\nb",
      [
        ["blockquote", 0, 1],
        ["expandable_blockquote", 2, 1],
      ],
    ],
    [
      "<b>a<i>b</i></b>",
      "ab",
      [
        ["bold", 0, 2],
        ["italic", 1, 1],
      ],
    ],
    ["😀<b>😀</b>", "😀😀", [["bold", 2, 2]]],
    ["<B>a</b >", "a", [["bold", 0, 1]]],
    ["1 &lt; 2 &amp;&amp; 3 &gt; 2 &quot;&#39;&#x27;", "1 < 2 && 3 > 2 \"''", []],
    ["&#65;&#00000065;", "A&#00000065;", []],
    [
      "<code>@toy_bot #x</code> @toy_bot",
      "@toy_bot #x @toy_bot",
      [
        ["code", 0, 11],
        ["mention", 12, 8],
      ],
    ],
    ["&nbsp; &copy; & co", "&nbsp; &copy; & co", []],
    ["<b></b>a", "a", []],
  ])("reads %s", async (html, text, entities) => {
    const sent = await send(html);
    expect(sent.text).toBe(text);
    expect(sent.entities ?? []).toEqual(entities.map(([type, offset, length]) => ({ type, offset, length })));
  });

  it("reads a code block with its language, links and mentions of users", async () => {
    expect(await send('<pre><code class="language-ts">let a;</code></pre>')).toMatchObject({
      entities: [{ type: "pre", language: "ts", offset: 0, length: 6 }],
    });
    expect(await send('<a href="https://Example.org?a=1&amp;b=2">x</a>')).toMatchObject({
      entities: [{ type: "text_link", url: "https://example.org/?a=1&b=2" }],
    });
    expect(await send('<a href="tg://user?id=700">you</a>')).toMatchObject({
      entities: [{ type: "text_mention", user: { id: 700, first_name: "Ada" } }],
    });
    expect((await send('<a href="javascript:alert(1)">x</a>')).entities).toBeUndefined();
  });

  it.each([
    ["<div>a</div>", 'Unsupported start tag "div" at byte offset 0'],
    ["a<br>b", 'Unsupported start tag "br" at byte offset 1'],
    ["<constructor>", 'Unsupported start tag "constructor" at byte offset 0'],
    ["ä<b>a", `Can't find end tag corresponding to start tag "b"`],
    ["ä<b>a</i>", 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'],
    ["😀</b>", "Unexpected end tag at byte offset 4"],
    ["1 < 2", 'Unsupported start tag "" at byte offset 2'],
    ["a <b", "Unclosed start tag at byte offset 2"],
    ["<b>a</b", "Unclosed end tag at byte offset 4"],
    ["<a =x>a</a>", 'Empty attribute name in the tag "a" at byte offset 0'],
    ["<a href=a_b>a</a>", "Unexpected end of name token at byte offset 8"],
    ['<a href="x>a</a>', "Unclosed start tag at byte offset 0"],
    ["<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
    ['<tg-emoji emoji-id="x">a</tg-emoji>', "Invalid custom emoji identifier specified"],
    ["&#xD83D;", "Text contains invalid Unicode characters after decoding HTML entities"],
  ])("refuses %s", async (html, reason) => {
    expect(await refusal(send(html))).toContain(`400: Bad Request: can't parse entities: ${reason}`);
  });

  it("refuses other parse modes", async () => {
    const { sim, api } = await open();
    const ada = sim.user("Bea");
    await ada.says("hi");
    expect(await refusal(api.sendMessage(ada.id, "*x*", { parse_mode: "MarkdownV2" }))).toContain(
      "[simulator] parse_mode MarkdownV2",
    );
    expect(await post(api, "sendMessage", { chat_id: ada.id, text: "x", parse_mode: "XML" })).toContain(
      "Bad Request: unsupported parse_mode",
    );
  });
});

describe("entities", () => {
  it("are taken in UTF-16 units; kinds that Telegram finds itself are ignored", async () => {
    const sent = await sendEntities(
      "😀 bold https://example.org",
      { type: "bold", offset: 3, length: 4 },
      { type: "mention", offset: 0, length: 2 },
    );
    expect(sent.entities).toEqual([
      { type: "bold", offset: 3, length: 4 },
      { type: "url", offset: 8, length: 19 },
    ]);
  });

  it("move along when white space goes from both ends", async () => {
    const sent = await sendEntities("  \n a\tb  ", { type: "bold", offset: 2, length: 5 });
    expect(sent).toMatchObject({ text: "a b", entities: [{ type: "bold", offset: 0, length: 3 }] });
  });

  it("lose all beyond the hundredth", async () => {
    const marks = Array.from({ length: 120 }, (_, n) => ({
      type: n % 2 === 0 ? ("bold" as const) : ("italic" as const),
      offset: n,
      length: 1,
    }));
    expect((await sendEntities("x".repeat(120), ...marks)).entities).toHaveLength(100);
  });

  it.each([
    [
      "abc",
      { offset: 2, length: 5 },
      "entity beginning at UTF-16 offset 2 ends after the end of the text at UTF-16 offset 7",
    ],
    ["abc", { offset: 9, length: 1 }, "entity begins after the end of the text at UTF-16 offset 9"],
    ["😀b", { offset: 1, length: 1 }, "entity begins in a middle of a UTF-16 symbol at byte offset 4"],
    [
      "a😀",
      { offset: 0, length: 2 },
      "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 5",
    ],
  ])("outside of %j are refused", async (text, span, reason) => {
    expect(await refusal(sendEntities(text, { type: "bold", ...span }))).toContain(
      `400: Bad Request: ${reason}`,
    );
  });
});

describe("what people write", () => {
  it("gets the entities that Telegram finds", async () => {
    const { sim } = await open();
    const message = await sim
      .user("Cleo")
      .says(
        "/start@toy_bot hi @toy_bot see example.org/a, https://x.io/@b. mail me@example.org #tag $USD 1/2 a@b_c /",
      );
    const found = message.entities?.map(({ type, offset, length }) => [
      type,
      message.text?.slice(offset, offset + length),
    ]);
    expect(found).toEqual([
      ["bot_command", "/start@toy_bot"],
      ["mention", "@toy_bot"],
      ["url", "example.org/a"],
      ["url", "https://x.io/@b"],
      ["email", "me@example.org"],
      ["hashtag", "#tag"],
      ["cashtag", "$USD"],
    ]);
  });

  it("can be formatted, with mentions of people without a username", async () => {
    const { sim } = await open();
    const dan = sim.user("Dan");
    const message = await sim
      .user("Eve")
      .says(`<i>ask</i> <a href="tg://user?id=${dan.id}">Dan</a>`, { html: true });
    expect(message.entities).toMatchObject([
      { type: "italic" },
      { type: "text_mention", user: { id: dan.id }, offset: 4 },
    ]);
  });
});
