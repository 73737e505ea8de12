import { ManualClock } from "@elizaos/connector-simulators/kit";
import { OUTAGES, type Outage } from "@elizaos/connector-simulators/telegram";
import { describe, expect, it } from "vitest";
import { door, hooked } from "./door.js";
import { type Host, letTimePass, simulate } from "./harness.js";

type State = ReturnType<Host["status"]>;
const isOnline = ({ state }: State) => state === "online";
const isReconnecting = ({ state }: State) => state === "reconnecting";

/** A started account with a webhook, and somebody who writes to it. */
async function scene(config: (url: string) => object = () => ({})) {
  const clock = new ManualClock();
  const { sim, bot } = await simulate(clock);
  const at = await door();
  const running = await hooked(at, { apiRoot: sim.apiRoot, clock, config: config(at.url) });
  await letTimePass(clock, running.becomes(isOnline));
  return { clock, sim, bot, at, ada: sim.user("Ada"), ...running };
}

/** The status once Telegram was asked what goes wrong. */
async function trouble({ clock, becomes }: Awaited<ReturnType<typeof scene>>) {
  const { reason = "", mend } = await letTimePass(clock, becomes(isReconnecting));
  return { reason, mend };
}

/** What must be said of each failure, so that a person knows where to look. */
const OF_OUTAGES: Readonly<Record<Outage, RegExp>> = {
  refused: /Nothing listens at this address.* 443, 80, 88 or 8443/,
  timedOut: /A firewall swallows the connections.*149\.154\.160\.0\/20/,
  slow: /does not answer in time/,
  reset: /broken off/,
  unreachable: /no way to this address from the internet/,
  noRoute: /no way to this address from the internet/,
  certificate: /does not trust the certificate.*fullchain\.pem/,
  noTls: /speaks no TLS/,
};

describe("a webhook that Telegram cannot reach", () => {
  it.each(Object.entries(OF_OUTAGES))(
    "%s: is told with reason, mend and what waits, until it can",
    async (name, mend) => {
      const outage = Object.keys(OUTAGES).find((each): each is Outage => each === name);
      const here = await scene();
      const { clock, bot, ada, becomes } = here;
      bot.cannotReachWebhook(outage ?? null);
      await ada.says("anybody?");
      await bot.deliveryFails();
      const told = await trouble(here);
      expect(told.reason).toMatch(/^Telegram cannot bring its updates to http:.*\/telegram \(/);
      expect(told.reason).toContain(
        `(${outage === undefined ? "" : OUTAGES[outage]}); 1 of them wait there.`,
      );
      expect(told.mend).toMatch(mend);
      bot.cannotReachWebhook(null);
      expect((await letTimePass(clock, ada.hears())).text).toBe("You said: anybody?");
      const { reason } = await letTimePass(clock, becomes(isOnline));
      expect(reason).toBeUndefined();
    },
  );

  it.each([
    [301, /follows no redirects/],
    [403, /turns Telegram away/],
    [404, /set webhookPath/],
    [502, /this host is not behind it/],
    [503, /trouble of its own/],
  ])("is answered with %i: is told with what to do", async (status, mend) => {
    const here = await scene();
    here.at.close(status);
    await here.ada.says("anybody?");
    await here.bot.deliveryFails(new RegExp(String(status)));
    const told = await trouble(here);
    expect(told.reason).toContain(`(Wrong response from the webhook: ${status}`);
    expect(told.mend).toMatch(mend);
  });

  it("because something drops the secret stays told, however often the webhook is set again", async () => {
    const here = await scene();
    const { clock, sim, bot, at, ada, states, becomes, runtime } = here;
    at.close(401);
    await ada.says("anybody?");
    await bot.deliveryFails(/401/);
    expect((await trouble(here)).mend).toContain("drops the header X-Telegram-Bot-Api-Secret-Token");
    const before = states.length;
    const set = () => sim.requests.all(({ method }) => method === "setWebhook").length;
    const times = set();
    await letTimePass(
      clock,
      sim.watch.until(
        () => (set() >= times + 2 ? true : undefined),
        () => "it was not set again",
      ),
    );
    expect(states.slice(before)).toEqual([]);
    at.open(runtime);
    await letTimePass(clock, ada.hears());
    await letTimePass(clock, becomes(isOnline));
  });

  it("because there is no TLS is found so", async () => {
    const here = await scene((url) => ({ webhookUrl: `${url.replace("http:", "https:")}/telegram` }));
    await here.ada.says("anybody?");
    await here.bot.deliveryFails(/SSL error/);
    expect((await trouble(here)).mend).toMatch(/speaks no TLS/);
  });
});

describe("a webhook that Telegram refuses to set", () => {
  it.each([
    ["Failed to resolve host: Name or service not known", /no DNS entry/],
    ["IP address 10.0.0.7 is reserved", /a private address/],
    ["IPv6-only addresses are not allowed", /A record/],
    ["An HTTPS URL must be provided for webhook", /https address with a public name/],
    ["Webhook can be set up only on ports 80, 88, 443 or 8443", /443, 80, 88 or 8443/],
  ])("%s: is told with what to do", async (refusal, mend) => {
    const clock = new ManualClock();
    const { sim } = await simulate(clock);
    const description = `Bad Request: bad webhook: ${refusal}`;
    sim.fault({ kind: "status", status: 400, description, method: "setWebhook" });
    const { becomes } = await hooked(await door(), { apiRoot: sim.apiRoot, clock });
    const told = await becomes(isReconnecting);
    expect(told.reason).toContain(refusal);
    expect(told.mend).toMatch(mend);
    await letTimePass(clock, becomes(isOnline));
  });
});
