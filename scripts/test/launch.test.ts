import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Checkout, type Launch } from "./checkout.js";

// Each test starts processes, one after another; only a broken one takes this long.
vi.setConfig({ testTimeout: 30_000 });

const withoutExecve = ["--import", "data:text/javascript,delete process.execve"];

describe("what the host gets", () => {
  test("arguments, the folder where the command was typed, and standard output for itself", async () => {
    const checkout = new Checkout();
    checkout.write("typed here/character.json", "{}");
    const cwd = join(checkout.root, "typed here");
    const launch = checkout.launch(["status", "--json", "--character=./a b.json"], { cwd });

    expect(await launch.stdout.rest()).toEqual([
      JSON.stringify({ argv: ["status", "--json", "--character=./a b.json"], cwd }),
    ]);
    expect(await launch.stderr.rest()).toHaveLength(1);
  });

  describe.each([
    ["as the same process", []],
    ["as a child, on a Node without execve", withoutExecve],
  ])("%s", (_, nodeArgs) => {
    test("its exit code is the launcher's", async () => {
      expect(await new Checkout().launch(["exit", "42"], { nodeArgs }).ended).toBe(42);
    });

    test.each(["SIGINT", "SIGTERM"] as const)(
      "%s to the launcher reaches the host once, and is waited for",
      async (signal) => {
        await expectOneSignal(signal, (launch) => launch.kill(signal), nodeArgs);
      },
    );

    test.each(["SIGINT", "SIGTERM"] as const)(
      "%s to the process group reaches the host once",
      async (signal) => {
        await expectOneSignal(signal, (launch) => launch.killGroup(signal), nodeArgs);
      },
    );
  });

  async function expectOneSignal(
    signal: string,
    send: (launch: Launch) => void,
    nodeArgs: string[],
  ): Promise<void> {
    const launch = new Checkout().launch(["start"], { nodeArgs });
    await launch.stdout.next();
    send(launch);
    expect(await launch.stdout.next()).toBe(signal);
    launch.say("still there?");
    launch.endInput();
    expect(await launch.stdout.rest()).toEqual(["pong"]);
    expect(await launch.ended).toBe(7);
  }
});

describe("installing and building", () => {
  test("needs no pnpm: under npm it comes through npx", async () => {
    const checkout = new Checkout();
    expect(await checkout.launch(["status"], { by: "npm" }).ended).toBe(0);
    expect(checkout.pnpmCalls()).toEqual(["install", "build"]);
  });

  test("happens the first time, and again only after a change", async () => {
    const checkout = new Checkout();
    const callsOfALaunch = async () => {
      expect(await checkout.launch(["status"]).ended).toBe(0);
      return checkout.pnpmCalls();
    };

    expect(await callsOfALaunch()).toEqual(["install", "build"]);
    expect(await callsOfALaunch()).toEqual([]);
    for (const input of [
      "packages/core/src/index.ts",
      "packages/core/src/new/file.ts",
      "apps/agent/package.json",
      "pnpm-lock.yaml",
      "scripts/build.mjs",
    ]) {
      checkout.write(input, "{ }");
      expect(await callsOfALaunch(), input).toEqual(["install", "build"]);
      expect(await callsOfALaunch(), input).toEqual([]);
    }
    checkout.remove("apps/agent/dist");
    expect(await callsOfALaunch()).toEqual(["install", "build"]);
    checkout.write("packages/core/dist/index.js", "built by somebody else, in the meantime");
    expect(await callsOfALaunch()).toEqual(["install", "build"]);
    checkout.write("packages/core/test/index.test.ts", "no input of a build");
    expect(await callsOfALaunch()).toEqual([]);
  });

  test.each(["install", "build"])(
    "a failing %s is shown on standard error, ends with 1, and is tried again",
    async (task) => {
      const checkout = new Checkout();
      checkout.write(`broken.${task}`, "");
      const failing = checkout.launch(["status", "--json"]);
      expect(await failing.ended).toBe(1);
      expect(await failing.stdout.rest()).toEqual([]);
      expect(await failing.stderr.rest()).toEqual(
        expect.arrayContaining(["the cause of it", expect.stringContaining("not started")]),
      );

      checkout.remove(`broken.${task}`);
      expect(await checkout.launch(["status"]).ended).toBe(0);
    },
  );

  test("is done by one of two launches, while the other one waits and says so", async () => {
    const checkout = new Checkout();
    checkout.write("hold", "");
    const first = checkout.launch(["status"]);
    await first.stderr.next();
    const second = checkout.launch(["status"]);
    expect(await second.stderr.next()).toContain("Waiting for process");
    checkout.remove("hold");

    expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0]);
    expect(checkout.pnpmCalls()).toEqual(["install", "build"]);
  });

  test("takes over the lock of a process that was killed", async () => {
    const checkout = new Checkout();
    const { pid } = spawnSync(process.execPath, ["--version"]);
    checkout.write(".prepare.lock", String(pid));
    expect(await checkout.launch(["status"]).ended).toBe(0);
    expect(checkout.pnpmCalls()).toEqual(["install", "build"]);
  });
});
